/**
 * What the limiter costs: the same call by the same key with its limits and without them, and a call that is
 * refused. A refusal has to be cheaper than an answer, or a flood would pay.
 */
import { randomUUID } from 'node:crypto';
import Koa from 'koa';
import { serveProduct } from '../../resource-api/pipeline/http.js';
import { createPipeline, type Pipeline } from '../../resource-api/pipeline/pipeline.js';
import { mountProduct } from '../../resource-api/routing/mounted-product.js';
import { apiKey, get, type ProductApi } from '../../resource-api/routing/route.js';
import { serve } from '../../shared/http/serve.js';
import { createApiKey } from '../../shared/identity/api-keys/api-keys.js';
import { createUser } from '../../shared/identity/people/users.js';
import { createLimiter, type Limiter } from '../../shared/limiter/limiter.js';
import { products } from '../../shared/products/index.js';
import type { Services } from '../../shared/services.js';
import { compare, figuresOf, getting, ratioOf } from './measure.js';

export async function benchLimits(services: Services): Promise<string[]> {
  const product = products.find(({ limits }) => limits.requests?.quota === 'plan') ?? products[0];
  if (!product) throw new Error('there is no product');
  const api: ProductApi = { product, routes: [get('/', { by: [apiKey()] }, () => ({ status: 'ok' }))] };
  const headers = { Authorization: `Bearer ${await makeKey(services, api)}` };
  const pipeline = createPipeline(services);
  await pipeline.listening;
  const strict = createLimiter({ link: services.redis, clock: services.clock, factor: 1e-6 });
  const servers = {
    limited: await serveWith(pipeline, api),
    free: await serveWith({ ...pipeline, limiter: unlimited }, api),
    refused: await serveWith({ ...pipeline, limiter: strict }, api),
  };
  await fetch(servers.refused.url, { headers });
  const [limited, free, refused] = await compare([
    getting({ name: 'with limits', url: servers.limited.url, headers, status: 200 }),
    getting({ name: 'without limits', url: servers.free.url, headers, status: 200 }),
    getting({ name: 'refused', url: servers.refused.url, headers, status: 429 }),
  ]);
  await Promise.all(Object.values(servers).map((server) => server.close()));
  await pipeline.close();
  if (!limited || !free || !refused) throw new Error('nothing was measured');
  return [
    'limits: what one call costs in processor time',
    `  with its limits, against without    ${ratioOf(limited, free)}`,
    `  refused, against answered           ${ratioOf(refused, limited)}`,
    ...[limited, free, refused].map(figuresOf),
  ];
}

/** Lets everything through without counting. */
const unlimited: Limiter = {
  take: async () => ({ allowed: true, usages: [], stale: [], source: 'process' }),
  takeAlone: () => ({ allowed: true, usages: [], stale: [], source: 'process' }),
  raise: async () => true,
  renewLease: async () => true,
  releaseLease: async () => undefined,
  counters: { redis: 0, process: 0, refusals: new Map() },
};

async function serveWith(pipeline: Pipeline, api: ProductApi) {
  const mounted = mountProduct(api);
  const app = new Koa();
  app.use(async (ctx) => {
    await serveProduct(pipeline, ctx, { mounted, path: ctx.path, baseUrl: '' }, randomUUID());
  });
  return serve({ handler: app.callback(), host: '127.0.0.1', port: 0 });
}

async function makeKey(services: Services, { product }: ProductApi): Promise<string> {
  const email = `bench-${randomUUID()}@example.com`;
  const user = await createUser(services, { email, name: 'Bench', verified: true });
  const actor = { kind: 'person', id: user.id } as const;
  const { key } = await createApiKey(
    services,
    { product, owner: { userId: user.id }, environment: 'live' },
    actor,
  );
  return key;
}
