/**
 * The authorization server as one request handler. Our own pages come first; whatever they do not know goes to
 * oidc-provider. Headers that every answer carries are set here, before anything can fail.
 */
import { randomUUID } from 'node:crypto';
import Router from '@koa/router';
import Koa, { type Context, type Next } from 'koa';
import type { App } from '../shared/serve.js';
import type { Services } from '../shared/services.js';
import { startClientRegistry } from './client-registry.js';
import { mountInteractions } from './interaction/routes.js';
import { sendPage } from './page.js';
import { assets } from './pages/assets.js';
import { errorPage, notFoundPage } from './pages/error.js';
import { holdProvider, type ProviderHolder } from './provider-holder.js';
import { mountSignIn } from './sign-in.js';

/** Builds the authorization server; `close` stops what it does besides answering. */
export async function createAuthApp(services: Services): Promise<App & { holder: ProviderHolder }> {
  const clients = startClientRegistry(services);
  const holder = await holdProvider(services);
  const app = new Koa();
  app.proxy = services.config.trustedProxies > 0;
  if (app.proxy) app.maxIpsCount = services.config.trustedProxies;
  app.silent = true;
  app.use(frame(services));
  app.use(pages(services, holder).routes());
  app.use(async (ctx) => {
    if (isProtocolPath(ctx.path)) {
      ctx.respond = false;
      await holder.handle(ctx.req, ctx.res);
      return;
    }
    ctx.status = 404;
    if (ctx.accepts('json', 'html') === 'html') {
      sendPage(
        ctx,
        notFoundPage({ requestId: ctx.state.requestId, supportEmail: services.config.supportEmail }),
      );
    } else {
      ctx.body = { error: 'not_found', error_description: 'there is nothing at this address' };
    }
  });
  return {
    holder,
    handler: app.callback(),
    close: async () => {
      holder.close();
      await clients.close();
    },
  };
}

const protocolPaths =
  /^\/(oauth\/)?(authorize|token|request|reg|jwks|userinfo|device|session\/end|\.well-known\/(oauth-authorization-server|openid-configuration))(\/|$)/;

function isProtocolPath(path: string): boolean {
  return protocolPaths.test(path);
}

/** Request id, log line, headers of every answer, and the bland page for what nobody expected. */
function frame(services: Services) {
  const { config, logger } = services;
  const issuer = new URL(config.issuer);
  return async (ctx: Context, next: Next): Promise<void> => {
    const startedAt = performance.now();
    const requestId = `req_${randomUUID().replaceAll('-', '')}`;
    ctx.state.requestId = requestId;
    ctx.set({
      'X-Request-Id': requestId,
      'X-Content-Type-Options': 'nosniff',
      'X-Frame-Options': 'DENY',
      'Referrer-Policy': 'no-referrer',
      'Cross-Origin-Opener-Policy': 'same-origin',
    });
    if (issuer.protocol === 'https:')
      ctx.set('Strict-Transport-Security', 'max-age=31536000; includeSubDomains');
    // Addresses that oidc-provider makes follow the Host header: pinned, a spoofed one changes nothing.
    ctx.req.headers.host = issuer.host;
    delete ctx.req.headers['x-forwarded-host'];
    if (issuer.protocol === 'https:' && config.trustedProxies === 0)
      ctx.req.headers['x-forwarded-proto'] = 'https';
    try {
      await next();
    } catch (error) {
      logger.error({ err: error, requestId }, 'a request failed');
      ctx.status = 500;
      sendPage(
        ctx,
        errorPage({
          title: 'Something went wrong on our side',
          problem: 'We could not finish this request.',
          stillStands: 'Nothing was half-done.',
          whatToDo: 'Please try again in a moment.',
          requestId,
          supportEmail: config.supportEmail,
        }),
      );
    } finally {
      const milliseconds = Math.round(performance.now() - startedAt);
      logger.info({
        requestId,
        method: ctx.method,
        path: ctx.path,
        status: ctx.res.statusCode,
        milliseconds,
      });
    }
  };
}

function pages(services: Services, holder: ProviderHolder): Router {
  const router = new Router();
  for (const asset of assets) {
    router.get(asset.path, (ctx) => {
      ctx.set({ 'Cache-Control': asset.cacheControl, ETag: asset.etag, 'Content-Type': asset.contentType });
      if (ctx.get('if-none-match') === asset.etag) ctx.status = 304;
      else ctx.body = asset.body;
    });
  }
  router.get('/health', (ctx) => {
    ctx.body = { status: 'ok' };
  });
  router.get('/ready', async (ctx) => {
    await services.db.raw('select 1');
    ctx.body = { status: 'ready' };
  });
  mountInteractions(router, services, holder.current);
  mountSignIn(router, services, holder.current);
  return router;
}
