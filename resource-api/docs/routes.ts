/** The routes that describe a product: its OpenAPI document. */
import type { Config } from '../../shared/config.js';
import { version } from '../../shared/version.js';
import type { ProductApi } from '../routing/product-api.js';
import { reply } from '../routing/reply.js';
import { anyone, get, type Route } from '../routing/route.js';
import { createOpenApi } from './openapi.js';

/** Routes that every product has besides its own. */
export function documentRoutes(api: ProductApi): Route[] {
  let document: string | undefined;
  const render = (config: Config) => {
    document ??= JSON.stringify(createOpenApi(config, api, version));
    return document;
  };
  return [
    get('/openapi.json', { by: anyone }, ({ services }) =>
      reply(200, render(services.config), {
        'Content-Type': 'application/json; charset=utf-8',
        'Access-Control-Allow-Origin': '*',
        'Cache-Control': 'public, max-age=300',
      }),
    ),
  ];
}
