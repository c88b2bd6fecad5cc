/**
 * The resource API as one Koa app. It gives each request an id and finds the product that the request is for, by
 * `Host` or by the first segment of the path. The pipeline (pipeline/lifecycle.ts) does everything after that.
 */

import { randomUUID } from 'node:crypto';
import Koa from 'koa';
import type { App } from '../shared/http/serve.js';
import type { Services } from '../shared/services.js';
import { type AssetResponse, assetResponse } from '../shared/ui/assets.js';
import { buildContentSecurityPolicy } from '../shared/ui/content-security-policy.js';
import { documentRoutes } from './docs/routes.js';
import { logRootRequest } from './pipeline/access-log.js';
import { serveProduct } from './pipeline/http.js';
import { createPipeline } from './pipeline/pipeline.js';
import { createUpgrade } from './pipeline/web-socket.js';
import { productApis } from './products/index.js';
import { rootPage } from './root-page.js';
import { rootRoutes } from './root-routes.js';
import { mountProduct } from './routing/mounted-product.js';
import type { ProductApi } from './routing/product-api.js';
import { createProductFinder } from './routing/product-finder.js';

export interface ResourceApi extends App {
  /** Settles when changes of credentials are heard; the API answers before that too, only slower. */
  listening: Promise<void>;
}

/** The whole resource API on these services; `close` ends what it began, not the services. */
export function createResourceApi(
  services: Services,
  apis: readonly ProductApi[] = productApis,
): ResourceApi {
  const { config } = services;
  const pipeline = createPipeline(services);
  const mounted = new Map(apis.map((api) => [api.product.id, mountProduct(api, documentRoutes(api))]));
  const findProduct = createProductFinder(config, mounted);
  const root = rootRoutes(pipeline, apis);
  const served = apis.map(({ product }) => product);
  /** Only for a browser, which asks for HTML, and only under the API's own host. */
  const findRootPage = (ctx: Koa.Context): string | undefined => {
    if (config.productHosts.has(ctx.host) || ctx.accepts('json', 'html') !== 'html') return undefined;
    if (ctx.path === '/') return rootPage(config, served);
    const product = served.find(({ id }) => ctx.path === `/${id}` || ctx.path === `/${id}/`);
    return product && rootPage(config, served, product);
  };
  const app = new Koa();
  app.silent = true;

  app.use(async (ctx) => {
    const requestId = newRequestId();
    const readOnly = ctx.method === 'GET' || ctx.method === 'HEAD';
    const asset = readOnly ? assetResponse(ctx.path, ctx.get('if-none-match')) : undefined;
    const found = findProduct(ctx.req.headers.host, ctx.path);
    const page = readOnly && !asset ? findRootPage(ctx) : undefined;
    if (asset || page || !found) {
      if (asset) sendAsset(ctx, asset);
      else if (page) sendRootPage(ctx, page);
      else await root(ctx, requestId);
      logRootRequest(pipeline, requestId, ctx.method, ctx.status);
      return;
    }
    await serveProduct(pipeline, ctx, found, requestId);
  });

  return {
    handler: app.callback(),
    upgrade: createUpgrade(pipeline, mounted, newRequestId),
    listening: pipeline.listening,
    close: pipeline.close,
  };
}

/** Pages of every product, under every host, load the same files. */
function sendAsset(ctx: Koa.Context, { status, headers, body }: AssetResponse): void {
  ctx.status = status;
  ctx.set(headers);
  ctx.body = body;
}

function sendRootPage(ctx: Koa.Context, html: string): void {
  ctx.type = 'html';
  ctx.body = html;
  ctx.set({
    'Cache-Control': 'no-store',
    'Content-Security-Policy': buildContentSecurityPolicy(),
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  });
}

const newRequestId = (): string => `req_${randomUUID().replaceAll('-', '')}`;
