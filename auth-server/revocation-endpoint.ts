/**
 * What stands around oidc-provider's revocation endpoint (RFC 7009). A token goes together with its grant and all
 * that hangs on it, in one transaction: a crash in between must not leave an access token alive without the
 * refresh token that its owner saw die. The answer has a body, since one client library insists on JSON.
 */
import type { KoaContextWithOIDC } from 'oidc-provider';
import { inRequestTransaction } from './request-transaction.js';

/** Middleware for `POST /token/revocation`, to be used on the provider itself. */
export async function revocationEndpoint(ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> {
  if (ctx.path !== '/token/revocation' || ctx.method !== 'POST') return next();
  await inRequestTransaction(next, () => ctx.status < 400);
  ctx.set('Cache-Control', 'no-store');
  if (ctx.status !== 200) return;
  ctx.type = 'json';
  ctx.body = {};
}
