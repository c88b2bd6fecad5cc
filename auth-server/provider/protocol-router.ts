/** Middleware built from the table of protocol endpoints: `routeProtocol` in front of oidc-provider, `wrapEndpoints` inside. */
import type { RequestListener } from 'node:http';
import type { Context } from 'koa';
import type { Services } from '../../shared/services.js';
import {
  allowedMethods,
  type EndpointMiddleware,
  findEndpoint,
  type ProtocolEndpoint,
  protocolEndpoints,
} from '../endpoints/endpoint-table.js';
import { acceptForm, redirectPost } from '../endpoints/form-body.js';
import { limitEndpoint } from '../endpoints/protocol-limits.js';
import { sendMethodNotAllowed, sendNotFound } from '../http/not-found.js';
import { redirectToIssuer } from '../http/public-url.js';

/** Hands a request for a protocol endpoint to `handle`; answers preflights, unknown paths and wrong methods itself. */
export function routeProtocol(services: Services, handle: RequestListener) {
  return async (ctx: Context): Promise<void> => {
    const match = findEndpoint(services.config, ctx.path);
    if (!match) return sendNotFound(services, ctx);
    const { endpoint } = match;
    ctx.state.route = endpoint.path;
    if (endpoint.caller === 'program') ctx.req.headers.accept = 'application/json';
    const allow = allowedMethods(endpoint);
    if (ctx.method === 'OPTIONS') return answerOptions(ctx, endpoint, allow);
    if (!allow.includes(ctx.method)) return sendMethodNotAllowed(services, ctx, allow);
    if (endpoint.caller === 'browser' && redirectToIssuer(ctx, services.config)) return;
    if (endpoint.cors === 'any') ctx.set('Access-Control-Allow-Origin', '*');
    ctx.respond = false;
    await handle(ctx.req, ctx.res);
  };
}

/** A CORS preflight. Whether the client allows the origin is known only with the request itself. */
function answerOptions(ctx: Context, { cors, methods }: ProtocolEndpoint, allow: string[]): void {
  ctx.status = 204;
  ctx.set('Allow', allow.join(', '));
  if (cors === 'none' || ctx.get('access-control-request-method') === '') return;
  const asked = ctx.get('access-control-request-headers');
  ctx.set({
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Allow-Methods': methods.join(', '),
    ...(asked === '' ? {} : { 'Access-Control-Allow-Headers': asked }),
    'Access-Control-Max-Age': '3600',
  });
}

/** Middleware for the provider: mount path, rate limits, body and the wrapper of the endpoint, in this order. */
export function wrapEndpoints(services: Services): EndpointMiddleware {
  const wrappers = new Map(protocolEndpoints.map((endpoint) => [endpoint, endpoint.wrap?.(services)]));
  return async (ctx, next) => {
    const match = findEndpoint(services.config, ctx.path);
    if (!match) return next();
    // The mount path is set and not just cut off, so that the URLs which the library builds keep it (DPoP's `htu`).
    if (match.mountPath !== undefined) Object.assign(ctx, { path: match.path, mountPath: match.mountPath });
    const wrapper = wrappers.get(match.endpoint);
    const { limits, body } = match.endpoint;
    const inner = () => (wrapper ? wrapper(ctx, next) : next());
    const work = () => {
      if (ctx.method !== 'POST' || body === undefined) return inner();
      return body === 'redirect'
        ? redirectPost(ctx, inner)
        : acceptForm(ctx, inner, body === 'pushedRequest');
    };
    return limits ? limitEndpoint(services, limits, ctx, work) : work();
  };
}
