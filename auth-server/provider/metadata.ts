/**
 * What stands around oidc-provider's metadata (RFC 8414) and keys: the facts that it cannot know, and how long
 * anyone may keep a copy. Five minutes is little enough for a rotation, whose next key is published long before.
 */
import type { KoaContextWithOIDC } from 'oidc-provider';
import { oauthProducts } from '../../shared/products/index.js';
import { answerModes } from './provider-internals.js';

const documents = /^\/(jwks|\.well-known\/(oauth-authorization-server|openid-configuration))$/;

/** Middleware for the metadata and the keys, to be used on the provider itself. */
export async function metadataDocuments(ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> {
  await next();
  const read = ctx.method === 'GET' || ctx.method === 'HEAD';
  if (!read || ctx.status !== 200 || !documents.test(ctx.path)) return;
  ctx.set('Cache-Control', 'public, max-age=300');
  if (ctx.path === '/jwks') return;
  const scopes = oauthProducts.flatMap((product) => Object.keys(product.oauth.scopes));
  Object.assign(ctx.body as object, {
    response_modes_supported: answerModes,
    scopes_supported: ['openid', ...new Set(scopes)],
  });
}
