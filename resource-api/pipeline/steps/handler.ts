/** The last step: the handler of the route, or the acceptance of a WebSocket. */
import type { Services } from '../../../shared/services.js';
import { Reply } from '../../routing/reply.js';
import type { Call, Route } from '../../routing/route.js';
import type { RequestContext } from '../request-context.js';
import { shownLimit } from '../response/response-headers.js';
import { runOnce } from './idempotency.js';
import { acceptSocket } from './socket.js';

export function runHandler(context: RequestContext): Reply | Promise<Reply> {
  const { target } = context;
  if (target.kind === 'socket') return acceptSocket(context, target.socket);
  if (target.kind !== 'route') throw new Error('a path without a route has no handler');
  const { route, params } = target;
  const { req, caller } = context;
  const call = createCall(context, params);
  const key = req.headers['idempotency-key'];
  if (!route.options.idempotent || !caller || key === undefined) return handle(route, call);
  const request = {
    product: context.product.id,
    caller,
    route: `${route.method} ${route.path}`,
    key: String(key),
    content: `${context.path}${context.query && `?${context.query}`}\n${context.input.text}`,
  };
  return runOnce(context.pipeline.services, request, async (services: Services) =>
    handle(route, { ...call, services }),
  );
}

function handle(route: Route, call: Call): Reply | Promise<Reply> {
  const result = route.handle(call);
  return result instanceof Promise ? result.then(toReply) : toReply(result);
}

const toReply = (result: unknown): Reply => (result instanceof Reply ? result : new Reply(200, result, {}));

function createCall(context: RequestContext, params: Record<string, string>): Call {
  const { pipeline, product, caller, input, decision, identity, req } = context;
  const shown = shownLimit(product, identity);
  return {
    services: pipeline.services,
    product,
    caller,
    params,
    body: input.body,
    query: input.query,
    requestId: context.requestId,
    address: context.ipAddress,
    userAgent: req.headers['user-agent']?.slice(0, 256),
    baseUrl: context.baseUrl,
    usage: decision?.usages.find(({ name }) => name === shown),
    incoming: req,
    closing: pipeline.closing,
  };
}
