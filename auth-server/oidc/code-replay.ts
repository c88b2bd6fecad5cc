/**
 * Authorization codes that are presented a second time (RFC 6749 section 4.1.2, RFC 9700 section 4.5). Whether a
 * repetition ends what the code gave is decided here and in oidc-provider, which checks client, redirect URI and
 * verifier before it looks at the use: a wrong verifier therefore ends nothing. Forgiven is the very same request
 * while the first is under way or within five seconds after its end, a client's own retry or a lost race; for a public
 * client, whose request proves nothing but the verifier, it must also come from the same IP address. Everything else
 * ends the grant.
 */
import type { KoaContextWithOIDC } from 'oidc-provider';
import { sha256 } from '../../shared/crypto/secrets.js';

/**
 * Seconds for which the same request is forgiven, counted from the end of the first request to the arrival of this
 * one. A busy process sees a request late, since Node accepts one connection in each turn of its event loop.
 */
const retrySeconds = 5;

/** Parameters that make two redemptions the same request. */
const compared = ['redirect_uri', 'code_verifier', 'resource'];

/** A digest of the redemption under way. */
export function redemptionDigest(ctx: KoaContextWithOIDC): string {
  const { client, params } = ctx.oidc;
  const ipAddress = client?.clientAuthMethod === 'none' ? ctx.ip : '';
  const request = [
    client?.clientId,
    ipAddress,
    ctx.get('dpop') !== '',
    ...compared.map((name) => params?.[name] ?? null),
  ];
  return sha256(JSON.stringify(request)).toString('base64url');
}

/** Whether a used code may be presented again without harm; `startedAt` in Unix seconds. */
export function isForgivenRepetition(
  record: { consumedAt: number | undefined; usedBy: string | undefined },
  digest: string | undefined,
  startedAt: number,
): boolean {
  const { consumedAt, usedBy } = record;
  // Both are whole seconds: at equality less than a second more than the window has passed.
  return consumedAt !== undefined && usedBy === digest && startedAt <= consumedAt + retrySeconds;
}
