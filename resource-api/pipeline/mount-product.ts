/**
 * The corridor: the way of every request to every product, in one order that no product can change or skip.
 *
 *   catch → match the route → read the credential (look it up where it is not remembered) → read the body, where a
 *   limit counts by it → one call for all limits and generations → 401/403 → validate → handler → envelope
 *
 * Routes that do not exist go the same way, so that their 404 and 405 are counted and dressed like everything else.
 */
import type { Context } from 'koa';
import { DomainError } from '../../shared/errors.js';
import type { Product } from '../../shared/products/product.js';
import { readCredential } from '../credentials/presented.js';
import { addressOf } from '../routing/ip-address.js';
import { keyRotationRoutes } from '../routing/key-rotation.js';
import { createMatcher, type Match } from '../routing/matcher.js';
import { withoutNulls } from '../routing/null-members.js';
import { Reply } from '../routing/reply.js';
import { type RequestBody, readRequestBody } from '../routing/request-body.js';
import type { Call, ProductApi, Route } from '../routing/route.js';
import { isInsecure, preflightFields } from '../routing/transport.js';
import { authorize } from './access.js';
import { identify, nobody } from './authenticate.js';
import { sendFailure } from './failure.js';
import { runOnce } from './idempotency.js';
import { reportInsecureCall } from './insecure-call.js';
import type { Pipeline } from './pipeline.js';
import { charge, decisionOf, limitFigures, needsBody } from './rate-limit.js';
import { type RequestContext, senderOf } from './request-context.js';
import { responseHeaders, shownLimit } from './response-headers.js';
import { validate } from './validate.js';

export interface Entrance {
  path: string;
  requestId: string;
  baseUrl: string;
}

/** Answers a request; never throws. Returns what was learnt on the way. */
export type ProductServer = (ctx: Context, entrance: Entrance) => Promise<RequestContext>;

/** Makes the corridor of one product. */
export function mountProduct(pipeline: Pipeline, api: ProductApi): ProductServer {
  const matcher = createMatcher([...api.routes, ...keyRotationRoutes(api)]);
  const { product } = api;
  const { config } = pipeline.services;

  return async (ctx, entrance) => {
    const match = matcher(ctx.method, entrance.path);
    const context: RequestContext = {
      ...entrance,
      product,
      method: ctx.method,
      template: match.kind === 'route' ? match.route.path : undefined,
      by: match.kind === 'route' ? match.route.options.by : undefined,
      address: addressOf(ctx.req, config.trustedProxies),
      identity: undefined,
      decision: undefined,
    };
    let response: Reply;
    try {
      response = serialised(await walk(pipeline, api, ctx, match, context));
    } catch (error) {
      context.decision = await decisionOf(pipeline, context, error);
      response = serialised(sendFailure({ services: pipeline.services, ...context }, error));
    }
    const unlimited = match.kind === 'route' && match.route.options.unlimited;
    if (!unlimited) context.decision ??= await limitFigures(pipeline, context);
    send(pipeline, ctx, context, response);
    return context;
  };
}

async function walk(
  pipeline: Pipeline,
  api: ProductApi,
  ctx: Context,
  match: Match,
  context: RequestContext,
): Promise<Reply> {
  const { product, address } = context;
  if (isInsecure(pipeline.services.config, ctx.req)) {
    void reportInsecureCall(pipeline, product, readCredential(product, ctx.req), senderOf(ctx.req, context));
    throw new DomainError('https_required');
  }
  if (ctx.method === 'OPTIONS' && match.kind === 'otherMethods') {
    return new Reply(204, undefined, { Allow: match.allow.join(', '), ...preflightFields(match) });
  }
  const route = match.kind === 'route' ? match.route : undefined;
  if (match.kind === 'route' && match.route.options.unlimited)
    return handle(pipeline, api, ctx, match, context);

  context.identity =
    route?.options.by === 'anyone'
      ? nobody
      : await identify(pipeline, product, readCredential(product, ctx.req), senderOf(ctx.req, context));
  const early =
    route && needsBody(product, route) ? await attempt(() => readBody(ctx, product, route)) : undefined;
  const email = early?.value?.value?.email;
  const charged = await charge(pipeline, product, route, context.identity, {
    address,
    email: typeof email === 'string' ? email : undefined,
  });
  context.identity = charged.identity;
  context.decision = charged.decision;
  if (!charged.decision.allowed) throw new DomainError('rate_limited');
  if (match.kind === 'nothing') throw new DomainError('not_found');
  if (match.kind === 'otherMethods') throw new DomainError('method_not_allowed', { allow: match.allow });
  return handle(pipeline, api, ctx, match, context, early);
}

async function handle(
  pipeline: Pipeline,
  api: ProductApi,
  ctx: Context,
  { route, params }: Extract<Match, { kind: 'route' }>,
  context: RequestContext,
  early?: Attempt<RequestBody>,
): Promise<Reply> {
  const { options } = route;
  const caller = context.identity && authorize(options, context.identity, context.address);
  if (early?.failure) throw early.failure;
  const body = early?.value ?? (options.body ? await readBody(ctx, context.product, route) : undefined);
  const call: Call = {
    services: pipeline.services,
    product: context.product,
    caller,
    params,
    body: validate(api, 'body', options.body, withoutNulls(route.method, options.body, body?.value ?? {})),
    query: validate(api, 'query', options.query, options.query && readQuery(ctx)),
    requestId: context.requestId,
    address: context.address,
    userAgent: ctx.req.headers['user-agent']?.slice(0, 256),
    baseUrl: context.baseUrl,
    usage: context.decision?.usages.find(
      ({ name }) => name === shownLimit(context.product, context.identity),
    ),
  };
  const key = ctx.req.headers['idempotency-key'];
  if (!options.idempotent || !caller || key === undefined) return toReply(await route.handle(call));
  const request = {
    product: context.product.id,
    caller,
    route: `${route.method} ${route.path}`,
    key: String(key),
    content: `${context.path}${ctx.search}\n${body?.text ?? ''}`,
  };
  return runOnce(pipeline.services, request, async (services) =>
    toReply(await route.handle({ ...call, services })),
  );
}

const toReply = (result: unknown): Reply => (result instanceof Reply ? result : new Reply(200, result, {}));

const earlyBodyLimitBytes = 16_384;

function readBody(ctx: Context, product: Product, route: Route): Promise<RequestBody> {
  // What is read before anybody is known is small, or a stranger could have us hold much for nothing.
  const usual = needsBody(product, route) ? earlyBodyLimitBytes : product.bodyLimitBytes;
  const { bodyLimitBytes = usual, form } = route.options;
  return readRequestBody(ctx.req, bodyLimitBytes, { takesForm: form });
}

/** Throws `validation` for a NUL, which nothing that is stored can contain. */
function readQuery(ctx: Context): unknown {
  if (ctx.querystring.includes('%00')) {
    throw new DomainError('validation', { message: 'The query must not contain NUL characters' });
  }
  return ctx.query;
}

/** A failure that has to wait until limits are counted and the caller is let in. */
type Attempt<T> = { value: T; failure?: undefined } | { value?: undefined; failure: unknown };

async function attempt<T>(work: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await work() };
  } catch (failure) {
    return { failure };
  }
}

/** JSON is made where a failure to make it still becomes an answer in the product's envelope. */
function serialised({ status, body, headers }: Reply): Reply {
  if (typeof body !== 'object' || body === null || body instanceof Uint8Array) {
    return new Reply(status, body, headers);
  }
  return new Reply(status, JSON.stringify(body), { 'Content-Type': jsonType, ...headers });
}

const jsonType = 'application/json; charset=utf-8';

function send(pipeline: Pipeline, ctx: Context, context: RequestContext, response: Reply): void {
  ctx.status = response.status;
  ctx.set(responseHeaders(pipeline.services.config, ctx.req, context));
  ctx.set(response.headers);
  // Koa would turn an undefined body into a 204, whatever the status.
  ctx.body = response.body ?? '';
}
