/**
 * What the whole way of a request costs: a route behind an API key, in the real app, against the same answer from a
 * bare Koa. Everything between the two is ours: product, route, credential, limits, headers, access log.
 */
import Koa from 'koa';
import { createResourceApi } from '../../resource-api/app.js';
import { apiKey, get, type ProductApi } from '../../resource-api/route.js';
import { products } from '../../shared/products/index.js';
import { serve } from '../../shared/serve.js';
import type { Services } from '../../shared/services.js';
import { makeKey } from './limits.js';
import { compare, figuresOf, getting, ratioOf } from './measure.js';

export async function benchKeyRoute(services: Services): Promise<string[]> {
  const product = products.find(({ limits }) => limits.requests?.quota === 'plan');
  if (!product) throw new Error('no product has plans');
  const api: ProductApi = { product, routes: [get('/status', { by: [apiKey()] }, () => ({ status: 'ok' }))] };
  const headers = { Authorization: `Bearer ${await makeKey(services, api)}` };
  const app = createResourceApi(services, [api]);
  await app.listening;
  const bare = new Koa();
  bare.use((ctx) => {
    ctx.body = { status: 'ok' };
  });
  const [ours, theirs] = [
    await serve({ handler: app.handler, host: '127.0.0.1', port: 0 }),
    await serve({ handler: bare.callback(), host: '127.0.0.1', port: 0 }),
  ];
  const [full, koa] = await compare([
    getting({ name: 'API-key route', url: `${ours.url}/${product.id}/status`, headers, status: 200 }),
    getting({ name: 'bare Koa', url: theirs.url, headers, status: 200 }),
  ]);
  await Promise.all([ours.close(), theirs.close(), app.close()]);
  if (!full || !koa) throw new Error('nothing was measured');
  return [
    'a route behind an API key: what one call costs in processor time',
    `  against the same answer from bare Koa    ${ratioOf(full, koa)}`,
    ...[full, koa].map(figuresOf),
  ];
}
