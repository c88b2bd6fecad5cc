/** The scopes of OpenID Connect Core section 5.4 that a person is asked about; `openid` itself gives only an id. */
import type { ScopeDefinition } from '../../shared/products/product.js';

export const identityScopes: Readonly<Record<string, ScopeDefinition>> = {
  email: {
    words: 'see your email address, and whether it is verified',
    example: 'maria@example.com',
    kind: 'see',
  },
  profile: { words: 'see your name', example: 'Maria Rossi', kind: 'see' },
};

export const isIdentityScope = (scope: string): boolean => Object.hasOwn(identityScopes, scope);

/** All scopes that oidc-provider keeps apart from those of a resource. */
export const openIdScopes = ['openid', ...Object.keys(identityScopes)];
