/**
 * Sender-constrained tokens (RFC 9449): a token that is bound to a key is worth something only together with a
 * proof that its sender holds that key, made for this very call. A bound token without a proof is a stolen one as
 * far as we can tell, and an unbound one does not become bound by sending a proof along.
 */
import { hash } from 'node:crypto';
import { calculateJwkThumbprint, EmbeddedJWK, type JWTPayload, jwtVerify } from 'jose';
import { proofAlgorithms } from '../../shared/crypto/proof-algorithms.js';
import { insertRecordOnce } from '../../shared/identity/oauth/oidc-records.js';
import type { Services } from '../../shared/services.js';
import { isFreshNonce } from './proof-nonce.js';

/** Seconds that a proof may be old, or ahead of our clock. */
const proofLifeSeconds = 60;

export interface Proof {
  /** The `DPoP` field; undefined when none was sent. */
  value: string | undefined;
  method: string;
  /** The address that was called, without query and fragment, as the configuration names it. */
  address: string;
}

/** `stale`: all is well but the time, and a nonce would make up for it. */
export type Possession = 'proven' | 'refused' | 'stale';

/** Whether the sender of `token` holds the key with this thumbprint. */
export async function provePossession(
  services: Services,
  token: string,
  thumbprint: string,
  proof: Proof,
): Promise<Possession> {
  const claims = await readProof(services, proof.value, thumbprint);
  if (!claims) return 'refused';
  const { htm, htu, ath, iat, jti } = claims;
  const fits =
    htm === proof.method &&
    typeof htu === 'string' &&
    isSameAddress(htu, proof.address) &&
    ath === hash('sha256', token, 'base64url') &&
    typeof iat === 'number';
  if (!fits || typeof jti !== 'string' || jti === '' || jti.length > 256) return 'refused';
  if (!isRecent(services, claims)) return 'stale';
  return (await isFirstUse(services, `${thumbprint}:${jti}`)) ? 'proven' : 'refused';
}

/** By its nonce if it has one, by its sender's clock otherwise. */
function isRecent({ config, clock }: Services, { nonce, iat = 0 }: JWTPayload): boolean {
  const now = clock.seconds();
  if (nonce !== undefined) return typeof nonce === 'string' && isFreshNonce(config, nonce, now);
  return Math.abs(now - iat) <= proofLifeSeconds;
}

/** The claims of a proof that is signed by the key it carries, if that is the key that is asked for. */
async function readProof(
  { clock }: Services,
  value: string | undefined,
  thumbprint: string,
): Promise<JWTPayload | undefined> {
  if (value === undefined || value.length > 4096) return undefined;
  try {
    const { payload, protectedHeader } = await jwtVerify(value, EmbeddedJWK, {
      typ: 'dpop+jwt',
      algorithms: [...proofAlgorithms],
      currentDate: clock.now(),
    });
    const { jwk } = protectedHeader;
    return jwk && (await calculateJwkThumbprint(jwk)) === thumbprint ? payload : undefined;
  } catch {
    return undefined;
  }
}

/** Compares after the normalisation of RFC 3986 section 6.2.2, as RFC 9449 section 4.3 asks for. */
function isSameAddress(claimed: string, address: string): boolean {
  if (!URL.canParse(claimed)) return false;
  const url = new URL(claimed);
  url.search = '';
  url.hash = '';
  return url.href === new URL(address).href;
}

/** Redis remembers proofs while it is there, Postgres while it is not: each is good once. */
async function isFirstUse(services: Services, id: string): Promise<boolean> {
  const name = `dpop:${hash('sha256', id, 'base64url')}`;
  const kept = 2 * proofLifeSeconds;
  const response = await services.redis.run(async (redis) => ({
    set: await redis.set(name, '1', 'EX', kept, 'NX'),
  }));
  if (response) return response.set === 'OK';
  return insertRecordOnce(services, 'ReplayDetection', name, {}, kept);
}
