/**
 * OAuth 2.0 Protected Resource Metadata (RFC 9728): where a client that meets a 401 learns which authorization
 * server to ask. Every address here comes from the configuration; a `Host` header that somebody invents changes
 * nothing (RFC 9728 section 7.3).
 */
import type { Config } from '../../shared/config.js';
import { proofAlgorithms } from '../../shared/crypto/proof-algorithms.js';
import type { OAuthProduct } from '../../shared/products/index.js';
import type { Product } from '../../shared/products/product.js';

type Addresses = Pick<Config, 'apiUrl' | 'issuer'>;

export const metadataPath = '/.well-known/oauth-protected-resource';

/** The name of a product as a resource: the audience of its tokens (RFC 8707). */
export function resourceIdentifier({ apiUrl }: Pick<Config, 'apiUrl'>, product: Product): string {
  return `${apiUrl}/${product.id}`;
}

/** Where the metadata of a product stands: the well-known path is put in front of the resource's own (section 3.1). */
export function metadataUrl({ apiUrl }: Pick<Config, 'apiUrl'>, product: Product): string {
  return `${apiUrl}${metadataPath}/${product.id}`;
}

/** The metadata document of a product that speaks OAuth. */
export function protectedResourceMetadata(config: Addresses, product: OAuthProduct): Record<string, unknown> {
  return {
    resource: resourceIdentifier(config, product),
    authorization_servers: [config.issuer],
    scopes_supported: product.oauth.advertisedScopes ?? Object.keys(product.oauth.scopes),
    bearer_methods_supported: ['header'],
    dpop_signing_alg_values_supported: proofAlgorithms,
    resource_name: product.name,
  };
}
