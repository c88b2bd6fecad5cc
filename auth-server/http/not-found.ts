/** 404 and 405 in the form that the caller reads. */
import type { Context } from 'koa';
import type { Services } from '../../shared/services.js';
import { methodNotAllowedPage, notFoundPage } from '../pages/error.js';
import { sendPage } from './page.js';

interface MatchedLayer {
  methods: string[];
}

/** For a path that leads nowhere; 405 when it is a page that takes other methods. */
export function sendNotFound(services: Services, ctx: Context): void {
  const layers: MatchedLayer[] = ctx.matched ?? [];
  const methods = [...new Set(layers.flatMap((layer) => layer.methods))];
  if (methods.length > 0 && !methods.includes(ctx.method)) {
    sendMethodNotAllowed(services, ctx, methods);
    return;
  }
  ctx.status = 404;
  send(services, ctx, notFoundPage, 'not_found', 'there is nothing at this address');
}

/** For a method that the path does not take; `allow` are those that it takes (RFC 9110 section 15.5.6). */
export function sendMethodNotAllowed(services: Services, ctx: Context, allow: readonly string[]): void {
  ctx.status = 405;
  ctx.set('Allow', allow.join(', '));
  const description = `${ctx.method} is not allowed here; use ${allow.join(', ')}`;
  send(services, ctx, methodNotAllowedPage, 'invalid_request', description);
}

function send(
  { config }: Services,
  ctx: Context,
  page: typeof notFoundPage,
  error: string,
  description: string,
): void {
  if (ctx.accepts('json', 'html') === 'html') {
    const requestId = ctx.response.get('x-request-id');
    sendPage(ctx, page({ requestId, supportEmail: config.supportEmail }));
    return;
  }
  ctx.set('Cache-Control', 'no-store');
  ctx.body = { error, error_description: description };
}
