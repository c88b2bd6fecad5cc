import type { Context } from 'koa';
import type { Services } from '../../shared/services.js';
import { notFoundPage } from '../pages/error.js';
import { sendPage } from './page.js';

/** 404 in the form that the caller reads: for an unknown path, and for a method that an endpoint does not take. */
export function sendNotFound({ config }: Services, ctx: Context): void {
  ctx.status = 404;
  if (ctx.accepts('json', 'html') === 'html') {
    const requestId = ctx.response.get('x-request-id');
    sendPage(ctx, notFoundPage({ requestId, supportEmail: config.supportEmail }));
    return;
  }
  ctx.set('Cache-Control', 'no-store');
  ctx.body = { error: 'not_found', error_description: 'there is nothing at this address' };
}
