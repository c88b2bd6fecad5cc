/**
 * What it costs to know who calls: the route that a key opens, against a bare Koa that answers the same.
 */
import Koa from 'koa';
import { createResourceApi } from '../../resource-api/app.js';
import type { ProductApi } from '../../resource-api/routing/product-api.js';
import { apiKey, get } from '../../resource-api/routing/route.js';
import { serve } from '../../shared/http/serve.js';
import { createApiKey } from '../../shared/identity/api-keys/api-keys.js';
import { createUser } from '../../shared/identity/people/users.js';
import { products } from '../../shared/products/index.js';
import type { Product } from '../../shared/products/product.js';
import type { Services } from '../../shared/services.js';
import { compare, figuresOf, getting, ratioOf } from './measure.js';

const host = '127.0.0.1';
const response = { status: 'ok', members: ['one', 'two'] };

export async function benchVerification(services: Services): Promise<string[]> {
  const product = products.find(({ limits }) => limits.requests?.quota === 'plan') ?? products[0];
  if (!product) throw new Error('there is no product');
  const key = await makeKey(services, product);
  return compareRoutes(services, product, key);
}

async function compareRoutes(services: Services, product: Product, key: string): Promise<string[]> {
  const api: ProductApi = { product, routes: [get('/answer', { by: [apiKey()] }, () => response)] };
  const resourceApi = createResourceApi(services, [api]);
  await resourceApi.listening;
  const koa = new Koa();
  koa.use(async (ctx) => {
    ctx.body = response;
  });
  const bare = await serve({ handler: koa.callback(), host, port: 0 });
  const full = await serve({ handler: resourceApi.handler, host, port: 0 });
  const headers = { Authorization: `Bearer ${key}` };
  const [koaCost, keyCost] = await compare([
    getting({ name: 'bare Koa', url: bare.url, headers, status: 200 }),
    getting({ name: 'with a key', url: `${full.url}/${product.id}/answer`, headers, status: 200 }),
  ]);
  await Promise.all([bare.close(), full.close()]);
  await resourceApi.close();
  if (!koaCost || !keyCost) throw new Error('nothing was measured');
  return [
    'API key: what one call costs in processor time',
    `  a route that a key opens, against bare Koa  ${ratioOf(keyCost, koaCost)}`,
    ...[koaCost, keyCost].map(figuresOf),
  ];
}

async function makeKey(services: Services, product: Product): Promise<string> {
  const user = await createUser(services, { email: 'verify@example.com', name: 'Bench', verified: true });
  const owner = { userId: user.id };
  const actor = { kind: 'person', id: user.id } as const;
  const { key } = await createApiKey(services, { product, owner, environment: 'live' }, actor);
  return key;
}
