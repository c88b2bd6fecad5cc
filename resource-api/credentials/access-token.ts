/**
 * OAuth access tokens: opaque, prefixed, stored only as a hash. A token is for one resource (RFC 8707): one that
 * was issued for another product is unknown here, whatever its scopes.
 */
import { hash } from 'node:crypto';
import { findLiveAccessToken } from '../../shared/identity/oauth/oidc-records.js';
import type { Product } from '../../shared/products/product.js';
import type { Services } from '../../shared/services.js';
import { resourceIdentifier } from '../routing/protected-resource.js';
import { type CredentialRecord, type CredentialScheme, notMine } from './scheme.js';
import { loadTokenRecord } from './token-record.js';

export const accessTokenScheme: CredentialScheme = {
  recognise(services, product, presented) {
    if (presented.place !== 'bearer' && presented.place !== 'dpop') return notMine;
    const { value } = presented;
    if (!product.oauth || !value.startsWith(product.oauth.accessTokenPrefix)) return notMine;
    const tokenHash = hash('sha256', value, 'hex');
    return {
      kind: 'candidate',
      candidate: {
        id: `${product.id}:${tokenHash}`,
        whenUnknown: 'token_invalid',
        load: () => loadAccessToken(services, product, value, tokenHash),
      },
    };
  },
};

async function loadAccessToken(
  services: Services,
  product: Product,
  value: string,
  tokenHash: string,
): Promise<CredentialRecord | undefined> {
  const token = await findLiveAccessToken(services, value);
  if (!token) return undefined;
  const audiences = [token.audience ?? []].flat();
  if (!audiences.includes(resourceIdentifier(services.config, product))) return undefined;
  return loadTokenRecord(services, product, token, [{ kind: 'token', id: tokenHash }]);
}
