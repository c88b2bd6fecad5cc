/** Serves plain HTTP requests to products: runs the pipeline, writes the response and the access log. */
import type { Context } from 'koa';
import type { MountedProduct } from '../routing/mounted-product.js';
import type { FoundProduct } from '../routing/product-finder.js';
import { logRequest } from './access-log.js';
import { runPipeline } from './lifecycle.js';
import type { Pipeline } from './pipeline.js';
import { createContext } from './request-context.js';
import { responseHeaders } from './response/response-headers.js';
import { writeReply } from './response/write-reply.js';

/** Responds to a request whose product is known. Never rejects. */
export async function serveProduct(
  pipeline: Pipeline,
  ctx: Context,
  { mounted, path, baseUrl }: FoundProduct<MountedProduct>,
  requestId: string,
): Promise<void> {
  const begunAt = performance.now();
  const { req, method, querystring: query } = ctx;
  const context = createContext({ pipeline, mounted, req, method, path, query, requestId, baseUrl });
  const reply = await runPipeline(context);
  writeReply(ctx, reply, responseHeaders(context, reply));
  logRequest(context, reply.status, performance.now() - begunAt);
}
