/**
 * HEAD at pages whose GET goes on with an authorization. koa-router runs the handler of a GET for a HEAD as well, and
 * a GET of these may store a grant and a code when the person is signed in. A mail scanner or a link preview asks by
 * HEAD, so HEAD is refused here (405) instead of being served by the GET handler.
 */
import type { Context, Next } from 'koa';

const continuingPaths = /^(\/oauth)?\/(authorize|device|interaction|session\/end)(\/|$)/;

/** Middleware in front of every page and protocol endpoint. */
export async function refuseHead(ctx: Context, next: Next): Promise<void> {
  if (ctx.method !== 'HEAD' || !continuingPaths.test(ctx.path)) return next();
  ctx.status = 405;
  ctx.set('Allow', 'GET, POST');
}
