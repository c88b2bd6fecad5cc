/** Apps and the access tokens that people gave them, as the authorization server would leave them. */
import { randomBytes } from 'node:crypto';
import { createGrant } from '../../shared/identity/oauth/grants.js';
import { createOAuthClient } from '../../shared/identity/oauth/oauth-clients.js';
import { upsertRecord } from '../../shared/identity/oauth/oidc-records.js';
import { newId, personSubject } from '../../shared/ids.js';
import { getOAuthProduct } from '../../shared/products/index.js';
import type { Services } from '../../shared/services.js';
import { resourceIdentifier } from '../routing/protected-resource.js';

export interface TokenOptions {
  productId: string;
  /** The developer who owns the app. */
  ownerId: string;
  /** The person who consents. */
  personId: string;
  scopes: string[];
  audience?: string;
  /** Thumbprint of the key that the token is bound to. */
  boundTo?: string;
}

export async function makeAccessToken(
  services: Services,
  { productId, ownerId, personId, scopes, audience, boundTo }: TokenOptions,
): Promise<{ token: string; clientId: string; grantId: string }> {
  const product = getOAuthProduct(productId);
  const { id: clientId } = await createOAuthClient(
    services,
    { userId: ownerId, product: productId, name: 'App', redirectUris: ['https://app.example/callback'] },
    { kind: 'person', id: ownerId },
  );
  const grantId = newId();
  await createGrant(services, {
    id: grantId,
    userId: personId,
    clientId,
    product: productId,
    scopes,
    requestedScopes: scopes,
    duration: 'always',
  });
  const token = product.oauth.accessTokenPrefix + randomBytes(32).toString('base64url');
  const issuedAt = services.clock.seconds();
  const payload = {
    kind: 'AccessToken',
    accountId: personSubject(personId),
    clientId,
    grantId,
    scope: scopes.join(' '),
    aud: audience ?? resourceIdentifier(services.config, product),
    iat: issuedAt,
    exp: issuedAt + 3600,
    jkt: boundTo,
  };
  await upsertRecord(services, 'AccessToken', token, payload, 3600);
  return { token, clientId, grantId };
}
