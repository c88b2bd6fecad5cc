/**
 * The OpenAPI 3.1 document of a product, made from its routes: the schemas that validate requests and check responses
 * in tests are the ones that the document shows.
 */
import type { Config } from '../../shared/config.js';
import { keyRotationRoutes } from '../routing/key-rotation.js';
import type { ProductApi } from '../routing/product-api.js';
import type { Route } from '../routing/route.js';
import { describeOperation } from './operation.js';
import { jsonSchema } from './schema.js';
import { securitySchemes } from './security.js';

/** The base URL under which a product's documented paths are served: at its own host, or below `API_URL`. */
export const serverUrl = ({ apiUrl }: Pick<Config, 'apiUrl'>, { product }: ProductApi): string =>
  `${apiUrl}/${product.id}`;

/** The routes that are operations: pages are not. */
export const listOperations = (api: ProductApi): Route[] =>
  [...api.routes, ...keyRotationRoutes(api)].filter(({ options }) => options.reference !== undefined);

/** The document as a plain object, ready to be sent as JSON. */
export function createOpenApi(config: Pick<Config, 'apiUrl' | 'issuer'>, api: ProductApi, version: string) {
  const { product } = api;
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of listOperations(api)) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    const operations = paths[path] ?? {};
    paths[path] = operations;
    operations[route.method.toLowerCase()] = describeOperation(api, route);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: `${product.name} API`,
      version,
      description: `The HTTP API of ${product.name}.`,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: serverUrl(config, api) }],
    paths,
    components: {
      securitySchemes: securitySchemes(config, product),
      schemas: { Error: api.errorSchema ? jsonSchema(api.errorSchema, 'output') : { type: 'object' } },
    },
  };
}
