/** The credentials of a product as OpenAPI security schemes, and which of them a route accepts. */
import type { Config } from '../../shared/config.js';
import type { Product } from '../../shared/products/product.js';
import type { Access, AccessRule } from '../routing/route.js';

/** The security schemes of a product: keys in each header that it reads, OAuth with the real endpoints, session JWTs. */
export function securitySchemes(
  { issuer }: Pick<Config, 'issuer'>,
  product: Product,
): Record<string, unknown> {
  const { keys, oauth, jwt } = product;
  const schemes: Record<string, unknown> = {};
  if (keys.carriedIn.includes('bearer')) {
    schemes.apiKey = { type: 'http', scheme: 'bearer', description: 'An API key.' };
  }
  if (keys.carriedIn.includes('x-api-key')) {
    schemes.apiKeyHeader = { type: 'apiKey', in: 'header', name: 'x-api-key', description: 'An API key.' };
  }
  if (oauth) {
    const scopes = Object.fromEntries(Object.entries(oauth.scopes).map(([name, { words }]) => [name, words]));
    schemes.oauth = {
      type: 'oauth2',
      flows: {
        authorizationCode: {
          authorizationUrl: `${issuer}/authorize`,
          tokenUrl: `${issuer}/token`,
          refreshUrl: `${issuer}/token`,
          scopes,
        },
      },
    };
  }
  if (jwt) {
    schemes.session = {
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description: 'The JWT of a person who signed in at this product.',
    };
  }
  return schemes;
}

type Requirement = Record<string, string[]>;

/** The alternatives of a route. An empty requirement means that the credential is optional. */
export function securityOf({ keys }: Product, by: AccessRule): Requirement[] {
  if (by === 'anyone') return [];
  return by.flatMap((access) => alternatives(keys.carriedIn, access));
}

function alternatives(carriedIn: Product['keys']['carriedIn'], access: Access): Requirement[] {
  switch (access.kind) {
    case 'apiKey':
      return carriedIn.map(
        (carrier): Requirement => ({ [carrier === 'bearer' ? 'apiKey' : 'apiKeyHeader']: [] }),
      );
    case 'accessToken':
      return [{ oauth: access.scope === undefined ? [] : [access.scope] }];
    case 'jwt':
      return [{ session: [] }];
    case 'nobody':
      return [{}];
  }
}
