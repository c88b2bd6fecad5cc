/**
 * What stands around oidc-provider's revocation endpoint (RFC 7009). A token goes together with its grant and all
 * that hangs on it, in one transaction: a crash in between must not leave an access token alive without the
 * refresh token that its owner saw die. The answer has a body, since one client library insists on JSON.
 */
import type { KoaContextWithOIDC } from 'oidc-provider';
import { recordAudit } from '../../shared/audit/audit.js';
import { auditOrigin } from '../../shared/identity/people/origin.js';
import { personIdOf } from '../../shared/ids.js';
import type { Services } from '../../shared/services.js';
import { inRequestTransaction, write } from '../http/request-transaction.js';
import { originOf } from '../sign-in/person.js';
import { protocolErrorOf } from './protocol-error.js';

/** Middleware for `POST /token/revocation`, on the provider itself. */
export function revocationEndpoint(services: Services) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    const revoke = async () => {
      await next();
      if (ctx.status === 200) await auditRevocation(services, ctx);
    };
    await inRequestTransaction(services, revoke, () => protocolErrorOf(ctx) === undefined);
    ctx.set('Cache-Control', 'no-store');
    if (ctx.status !== 200) return;
    ctx.type = 'json';
    ctx.body = {};
  };
}

async function auditRevocation(services: Services, ctx: KoaContextWithOIDC): Promise<void> {
  const { AccessToken, RefreshToken } = ctx.oidc.entities;
  const token = RefreshToken ?? AccessToken;
  if (!token?.grantId) return;
  const { accountId, clientId = '', grantId } = token;
  await write(services, (tx) =>
    recordAudit(tx, {
      accountId: personIdOf(accountId) ?? null,
      action: 'grant.revoked',
      actor: { kind: 'client', id: clientId },
      target: { kind: 'client', id: clientId },
      credentialId: grantId,
      ...auditOrigin(originOf(ctx)),
    }),
  );
}
