/**
 * Middleware around the authorization server metadata (RFC 8414) and the JWKS: the values that oidc-provider cannot
 * know, and how long a copy may be kept. Five minutes is short enough for a rotation, whose next key is published
 * long before it signs.
 */
import type { KoaContextWithOIDC } from 'oidc-provider';
import { oauthProducts } from '../../shared/products/index.js';
import { openIdScopes } from '../oidc/identity-scopes.js';

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
    const metadata = ctx.body as Record<string, unknown>;
    const { token_endpoint_auth_methods_supported: methods } = metadata;
    const { token_endpoint_auth_signing_alg_values_supported: algorithms } = metadata;
    Object.assign(metadata, {
      // RFC 8414 section 2: left out, they would stand for `client_secret_basic` alone.
      revocation_endpoint_auth_methods_supported: methods,
      revocation_endpoint_auth_signing_alg_values_supported: algorithms,
      introspection_endpoint_auth_methods_supported: methods,
      introspection_endpoint_auth_signing_alg_values_supported: algorithms,
      prompt_values_supported: ['none', 'login', 'consent', 'select_account', 'create'],
      response_modes_supported: responseModes,
      scopes_supported: [...openIdScopes, ...new Set(scopes)],
    });
  };
}
