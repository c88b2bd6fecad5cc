/**
 * The frame around every answer: request id, log line, headers, and the page for what nobody expected. Headers are
 * set before anything can fail; failures are caught here, since Koa's own error handling would drop them again.
 */
import { randomUUID } from 'node:crypto';
import type { Context, Next } from 'koa';
import { DomainError, type ErrorCode } from '../../shared/errors.js';
import { createRequestTimer } from '../../shared/metrics/metrics.js';
import { isDatabaseUnavailable } from '../../shared/postgres/db.js';
import type { Services } from '../../shared/services.js';
import { errorPage } from '../pages/error.js';
import { sendNotFound } from './not-found.js';
import { sendPage } from './page.js';
import { pinAddress } from './public-url.js';

const headers = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  // For whatever is not one of our pages, which say more precisely what they need.
  'Content-Security-Policy': "default-src 'none'; script-src 'self'; frame-ancestors 'none'; base-uri 'none'",
};

/** What a caller did wrong before any page or endpoint could look at it. */
const faults: Partial<Record<ErrorCode, { status: number; problem: string }>> = {
  https_required: { status: 403, problem: 'HTTPS required' },
  malformed_body: { status: 400, problem: 'The form could not be read.' },
  payload_too_large: { status: 413, problem: 'The form is too large.' },
  unavailable: {
    status: 503,
    problem: 'We cannot be reached in full just now. Please try again in a moment.',
  },
  unsupported_media_type: { status: 415, problem: 'The form was sent in a way that we do not read.' },
};

/** Whether an error is the frame's to tell: no page knows more about it. */
export const isFault = (error: DomainError): boolean => faults[error.code] !== undefined;

/** The pattern of the route that took a request. A raw path may hold a secret (an interaction's id, a key): it is never logged. */
const routeOf = (ctx: Context): string => ctx.state.route ?? ctx._matchedRoute ?? 'unknown';

/** Middleware around everything else. */
export function frame(services: Services) {
  const { config, logger } = services;
  const time = createRequestTimer(services, 'auth');
  return async (ctx: Context, next: Next): Promise<void> => {
    const startedAt = performance.now();
    const requestId = `req_${randomUUID().replaceAll('-', '')}`;
    ctx.state.requestId = requestId;
    const asked = pinAddress(ctx, services);
    ctx.set({ 'X-Request-Id': requestId, ...headers });
    if (ctx.secure) ctx.set('Strict-Transport-Security', 'max-age=31536000; includeSubDomains');
    try {
      if (config.production && asked.insecure) throw new DomainError('https_required');
      // No id has a NUL character, and Postgres refuses a text with one.
      if (ctx.path.includes('%00')) sendNotFound(services, ctx);
      else await next();
    } catch (error) {
      answerFailure(services, ctx, error);
    } finally {
      const milliseconds = Math.round(performance.now() - startedAt);
      const { method } = ctx;
      time(routeOf(ctx), method, ctx.res.statusCode, performance.now() - startedAt);
      logger.info({ requestId, method, route: routeOf(ctx), status: ctx.res.statusCode, milliseconds });
    }
  };
}

/** The same around oidc-provider's own middleware, whose last resort would be a bare line without any header. */
export function innerFrame(services: Services) {
  return async (ctx: Context, next: Next): Promise<void> => {
    try {
      await next();
      if (ctx.status === 404 && !ctx.body) sendNotFound(services, ctx);
    } catch (error) {
      answerFailure(services, ctx, error);
    }
  };
}

function answerFailure({ config, logger }: Services, ctx: Context, error: unknown): void {
  const requestId = ctx.response.get('x-request-id');
  const code = isDatabaseUnavailable(error) ? 'unavailable' : error instanceof DomainError && error.code;
  const known = code ? faults[code] : undefined;
  // A COMMIT without a response has a message of its own: "Nothing was changed." would not be true there.
  const unknownEffect =
    code === 'unavailable' && error instanceof DomainError ? error.data.message : undefined;
  const fault = known && { ...known, problem: unknownEffect ?? known.problem };
  if (!fault || code === 'unavailable') logger.error({ err: error, requestId }, 'a request failed');
  ctx.status = fault?.status ?? 500;
  if (ctx.status === 503) ctx.set('Retry-After', '5');
  if (ctx.accepts('json', 'html') !== 'html') {
    ctx.set('Cache-Control', 'no-store');
    const name = ctx.status === 503 ? 'temporarily_unavailable' : 'invalid_request';
    ctx.body = fault
      ? { error: name, error_description: fault.problem }
      : { error: 'server_error', error_description: `request ${requestId}` };
    return;
  }
  sendPage(
    ctx,
    errorPage({
      title: fault ? 'We cannot take this' : 'Something went wrong on our side',
      problem: fault?.problem ?? 'We could not finish this request.',
      stillStands: !fault ? 'Nothing was half-done.' : unknownEffect ? undefined : 'Nothing was changed.',
      whatToDo: fault ? undefined : 'Please try again in a moment.',
      requestId,
      supportEmail: config.supportEmail,
    }),
  );
}
