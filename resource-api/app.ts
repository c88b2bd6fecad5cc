/**
 * The resource API as one Koa app: gives each request an id and a log line and finds the product that it is for, by
 * `Host` or by the first segment of the path. Everything after that is the product's corridor.
 */
import { randomUUID } from 'node:crypto';
import Koa, { type Context } from 'koa';
import type { App } from '../shared/serve.js';
import type { Services } from '../shared/services.js';
import { credentialIdOf } from './caller.js';
import { createCorridor } from './corridor.js';
import { mountProduct, type ProductServer, type Visit } from './mount-product.js';
import { productApis } from './products/index.js';
import { rootRoutes } from './root-routes.js';
import type { ProductApi } from './route.js';

export interface ResourceApi extends App {
  /** Settles when changes of credentials are heard; the API answers before that too, only slower. */
  listening: Promise<void>;
}

interface Mounted {
  api: ProductApi;
  serve: ProductServer;
}

/** The whole resource API on these services; `close` ends what it began, not the services. */
export function createResourceApi(
  services: Services,
  apis: readonly ProductApi[] = productApis,
): ResourceApi {
  const { config, logger } = services;
  const corridor = createCorridor(services);
  const mounted = new Map<string, Mounted>(
    apis.map((api) => [api.product.id, { api, serve: mountProduct(corridor, api) }]),
  );
  const root = rootRoutes(corridor, apis);
  const app = new Koa();
  app.silent = true;

  app.use(async (ctx) => {
    const begunAt = performance.now();
    const requestId = `req_${randomUUID().replaceAll('-', '')}`;
    const found = findProduct(ctx);
    if (found) {
      const { serve, path, baseUrl } = found;
      const visit = await serve({ ctx, path, requestId, baseUrl });
      logger.info(lineOf(found.product, visit, begunAt), 'request');
      return;
    }
    ctx.set('X-Request-Id', requestId);
    await root(ctx, requestId);
    logger.info({ requestId, status: ctx.status, ms: elapsed(begunAt) }, 'request');
  });

  function findProduct(ctx: Context) {
    const { path } = ctx;
    const host = ctx.req.headers.host?.toLowerCase() ?? '';
    const atHost = config.productHosts.get(host) ?? config.productHosts.get(host.replace(/:\d+$/, ''));
    const here = atHost === undefined ? undefined : mounted.get(atHost);
    if (here && !path.startsWith('/.well-known/')) {
      return { product: here.api.product.id, serve: here.serve, path, baseUrl: `https://${host}` };
    }
    const end = path.indexOf('/', 1);
    const segment = end < 0 ? path.slice(1) : path.slice(1, end);
    const there = mounted.get(segment);
    if (!there) return undefined;
    return {
      product: segment,
      serve: there.serve,
      path: end < 0 ? '/' : path.slice(end),
      baseUrl: `${config.apiUrl}/${segment}`,
    };
  }

  return {
    handler: app.callback(),
    listening: corridor.listening,
    close: corridor.close,
  };
}

/** Templates instead of paths, and no query: what is in a log must open nothing. */
function lineOf(product: string, { ctx, requestId, match, identity }: Visit, begunAt: number) {
  return {
    requestId,
    product,
    method: ctx.method,
    route: match.kind === 'route' ? match.route.path : undefined,
    status: ctx.status,
    ms: elapsed(begunAt),
    credential: identity?.caller && credentialIdOf(identity.caller),
    problem: identity?.presented ? identity.problem : undefined,
  };
}

const elapsed = (begunAt: number): number => Math.round((performance.now() - begunAt) * 100) / 100;
