/**
 * One contestant in a process of its own: the resource API, or a bare Koa that sends the same body. What to serve comes
 * as the first message; the URL goes back, and then, whenever it is asked, the processor time in microseconds.
 */
import Koa from 'koa';
import { createResourceApi } from '../../resource-api/app.js';
import { productApis } from '../../resource-api/products/index.js';
import { accessToken, apiKey, get } from '../../resource-api/routing/route.js';
import { loadConfig } from '../../shared/config.js';
import { serve } from '../../shared/http/serve.js';
import { createServices } from '../../shared/services.js';

export interface ServerOrder {
  kind: 'api' | 'koa';
  databaseUrl: string;
  redisUrl: string | undefined;
  secret: string;
  rateLimitFactor: number;
}

const body = { status: 'ok', members: ['one', 'two'] };
const trivial = get('/bench', { by: [apiKey(), accessToken()] }, () => body);

async function start(order: ServerOrder): Promise<string> {
  const { kind, databaseUrl, redisUrl, secret, rateLimitFactor } = order;
  if (kind === 'koa') {
    const koa = new Koa();
    koa.use(async (ctx) => {
      ctx.body = body;
    });
    return (await serve({ handler: koa.callback(), host: '127.0.0.1', port: 0 })).url;
  }
  const config = loadConfig({ SECRET_KEY: secret });
  const services = createServices({ ...config, databaseUrl, redisUrl, rateLimitFactor });
  await services.redis.settled;
  const apis = productApis.map((api) =>
    api.product.id === 'haas' ? { ...api, routes: [...api.routes, trivial] } : api,
  );
  const app = createResourceApi(services, apis);
  await app.listening;
  return (await serve({ handler: app.handler, host: '127.0.0.1', port: 0 })).url;
}

let url: string | undefined;
process.on('message', async (message) => {
  url ??= await start(message as ServerOrder);
  const { user, system } = process.cpuUsage();
  process.send?.({ url, microseconds: user + system });
});
process.on('disconnect', () => process.exit());
