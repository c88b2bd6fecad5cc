/**
 * What the server answers for itself and for no product: whether it lives, whether it can work, its figures, and
 * the OAuth metadata of the products.
 */
import type { Context } from 'koa';
import { checkReadiness } from '../shared/http/readiness.js';
import { metricsType, renderMetrics } from '../shared/metrics/metrics.js';
import { oauthProducts } from '../shared/products/index.js';
import type { Pipeline } from './pipeline/pipeline.js';
import type { ProductApi } from './routing/product-api.js';
import { findProductHost, isMetadataPath } from './routing/product-finder.js';
import { metadataPath, protectedResourceMetadata } from './routing/protected-resource.js';
import { transportFields } from './routing/transport.js';

/** Agents in a browser ask with a header of their own, and so ask for leave first. */
const preflight = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'GET, HEAD',
  'Access-Control-Allow-Headers': 'MCP-Protocol-Version',
  'Access-Control-Max-Age': '3600',
};

type RootHandler = (ctx: Context, requestId: string) => Promise<void>;

export function rootRoutes(pipeline: Pipeline, apis: readonly ProductApi[]): RootHandler {
  const { config } = pipeline.services;
  const served = oauthProducts.filter(({ id }) => apis.some(({ product }) => product.id === id));

  /** The metadata of `/…/{product}` and every path below it, of the product of this host, or of the default one. */
  function findMetadata(ctx: Context): unknown {
    const [named = ''] = ctx.path.slice(metadataPath.length + 1).split('/');
    const host = findProductHost(config, ctx.req.headers.host) ?? '';
    const atHost = config.productHosts.get(host);
    const id = named || (atHost ?? config.defaultProduct ?? served[0]?.id);
    const product = served.find((candidate) => candidate.id === id);
    if (!product) return undefined;
    const metadata = protectedResourceMetadata(config, product);
    return named === '' && atHost === id ? { ...metadata, resource: `https://${host}` } : metadata;
  }

  async function response(ctx: Context, requestId: string): Promise<unknown> {
    const { path } = ctx;
    if (path === '/health') return { status: 'ok' };
    if (path === '/ready') {
      const { httpStatus, body } = await checkReadiness(pipeline.services);
      ctx.status = httpStatus;
      return body;
    }
    if (path === '/metrics' && !config.production) {
      ctx.type = metricsType;
      return await renderMetrics(pipeline.services);
    }
    if (isMetadataPath(path)) {
      ctx.set('Access-Control-Allow-Origin', '*');
      const metadata = findMetadata(ctx);
      if (metadata !== undefined) return metadata;
    }
    ctx.status = 404;
    return { error: 'not_found', request_id: requestId };
  }

  return async (ctx, requestId) => {
    ctx.set({ ...transportFields(config, ctx.req), 'X-Request-Id': requestId });
    if (ctx.method === 'OPTIONS' && isMetadataPath(ctx.path)) {
      ctx.set(preflight);
      ctx.status = 204;
      return;
    }
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') {
      ctx.status = 405;
      ctx.set('Allow', 'GET, HEAD');
      ctx.body = { error: 'method_not_allowed', request_id: requestId };
      return;
    }
    const body = await response(ctx, requestId);
    ctx.body = body;
  };
}
