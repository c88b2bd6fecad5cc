/**
 * What it costs to know who calls. The route that a key opens, against a bare Koa that answers the same; and the
 * verification by itself (credential, limits and generations, with Redis), as often as one process can.
 */
import Koa from 'koa';
import { createResourceApi } from '../../resource-api/app.js';
import { identify } from '../../resource-api/pipeline/authenticate.js';
import { createPipeline } from '../../resource-api/pipeline/pipeline.js';
import { charge } from '../../resource-api/pipeline/rate-limit.js';
import { apiKey, get, type ProductApi } from '../../resource-api/routing/route.js';
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
  return [
    ...(await compareRoutes(services, product, key)),
    ...(await countVerifications(services, product, key)),
  ];
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

const verifications = 100_000;
const atATime = 50;

async function countVerifications(services: Services, product: Product, key: string): Promise<string[]> {
  const pipeline = createPipeline(services);
  await pipeline.listening;
  const address = '127.0.0.1';
  const sender = { address, proof: { value: undefined, method: 'GET', address: '' } };
  const verify = async () => {
    const identity = await identify(pipeline, product, { place: 'bearer', value: key }, sender);
    const charged = await charge(pipeline, product, undefined, identity, { address, email: undefined });
    if (!charged.identity.caller || !charged.decision.allowed) throw new Error('a good key was refused');
  };
  let figures = '';
  // The first round warms up.
  for (let round = 0; round < 2; round += 1) {
    let left = verifications;
    const before = process.cpuUsage();
    const begunAt = performance.now();
    const work = async () => {
      while (left > 0) {
        left -= 1;
        await verify();
      }
    };
    await Promise.all(Array.from({ length: atATime }, work));
    const { user, system } = process.cpuUsage(before);
    const seconds = (performance.now() - begunAt) / 1000;
    const cost = (user + system) / verifications;
    figures = `${cost.toFixed(0)} µs of processor, ${(verifications / seconds).toFixed(0)} a second`;
  }
  await pipeline.close();
  return [`  the verification by itself: ${figures}`];
}

async function makeKey(services: Services, product: Product): Promise<string> {
  const user = await createUser(services, { email: 'verify@example.com', name: 'Bench', verified: true });
  const owner = { userId: user.id };
  const actor = { kind: 'person', id: user.id } as const;
  const { key } = await createApiKey(services, { product, owner, environment: 'live' }, actor);
  return key;
}
