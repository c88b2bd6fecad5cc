/**
 * Middleware around the authorization server metadata (RFC 8414) and the JWKS: the values that oidc-provider cannot
 * know, and how long a copy may be kept. Five minutes is short enough for a rotation, whose next key is published
 * long before it signs.
 */
import type { KoaContextWithOIDC } from 'oidc-provider';
import { oauthProducts } from '../../shared/products/index.js';

type Next = () => Promise<void>;

/** The supported response modes: RFC 6749's own, and the one for apps that run in a page. */
export const responseModes = ['query', 'fragment'];

export function keyDocument() {
  return async (ctx: KoaContextWithOIDC, next: Next): Promise<void> => {
    await next();
    if (ctx.status === 200) ctx.set('Cache-Control', 'public, max-age=300');
  };
}

export function metadataDocument() {
  return async (ctx: KoaContextWithOIDC, next: Next): Promise<void> => {
    await next();
    if (ctx.status !== 200) return;
    ctx.set('Cache-Control', 'public, max-age=300');
    const scopes = oauthProducts.flatMap((product) => Object.keys(product.oauth.scopes));
    Object.assign(ctx.body as object, {
      response_modes_supported: responseModes,
      scopes_supported: ['openid', ...new Set(scopes)],
    });
  };
}
