/**
 * The authorization server as one request handler: first the routes of our own, then oidc-provider's endpoints as
 * the table of endpoints lists them.
 */
import Router from '@koa/router';
import Koa from 'koa';
import type { OutboundLimits } from '../shared/http/outbound.js';
import { checkReadiness } from '../shared/http/readiness.js';
import type { App } from '../shared/http/serve.js';
import { metricsType, renderMetrics } from '../shared/metrics/metrics.js';
import type { Services } from '../shared/services.js';
import { assetResponse } from '../shared/ui/assets.js';
import { mountConnect, mountConnected } from './account/connect.js';
import { mountConnectedApps } from './account/connected-apps.js';
import { mountErase } from './account/erase.js';
import { mountProfile } from './account/profile.js';
import { mountSecurity } from './account/security.js';
import { mountSignIns } from './account/sign-ins.js';
import { startClientRegistry } from './clients/client-registry.js';
import { mountApps } from './console/apps.js';
import { mountAudit } from './console/audit.js';
import { mountKeys } from './console/keys.js';
import { mountPlans } from './console/plans.js';
import { mountUsage } from './console/usage.js';
import { createLeaksRoute } from './endpoints/leaks.js';
import { mountDevelopmentMail } from './http/dev-mail.js';
import { frame } from './http/frame.js';
import { sendNotFound } from './http/not-found.js';
import { seeOther, sendPage } from './http/page.js';
import { redirectToIssuer } from './http/public-url.js';
import { refuseHead } from './http/safe-methods.js';
import { mountInteractions } from './interaction/routes.js';
import { frontPage } from './pages/front.js';
import { paths } from './pages/paths.js';
import { routeProtocol } from './provider/protocol-router.js';
import { holdProvider, type ProviderHolder } from './provider/provider-holder.js';
import { findSignedIn } from './sign-in/person.js';
import { mountSignIn } from './sign-in/sign-in.js';
import { mountSignUp } from './sign-in/sign-up.js';
import { createSignedInRouter } from './sign-in/signed-in-router.js';
import { mountVerification } from './sign-in/verification.js';

/** Builds the authorization server; `close` stops what it does besides answering. `outbound` is set in tests alone. */
export async function createAuthApp(
  services: Services,
  outbound?: OutboundLimits,
): Promise<App & { holder: ProviderHolder }> {
  const holder = await holdProvider(services, outbound);
  const clients = startClientRegistry(services, holder.hear);
  const app = new Koa();
  // What it reads of X-Forwarded-* was written or left by public-address.
  app.proxy = true;
  app.maxIpsCount = 1;
  app.silent = true;
  app.use(frame(services));
  app.use(programRoutes(services).routes());
  app.use(refuseHead);
  app.use(pages(services, holder).routes());
  app.use(routeProtocol(services, holder.handle));
  return {
    holder,
    handler: app.callback(),
    close: async () => {
      holder.close();
      await clients.close();
    },
  };
}

const desks = [
  mountKeys,
  mountApps,
  mountUsage,
  mountAudit,
  mountPlans,
  mountConnectedApps,
  mountSignIns,
  mountSecurity,
  mountProfile,
  mountErase,
  mountConnect,
];

/** Routes besides the protocol's that programs call; they answer under every host. */
function programRoutes(services: Services): Router {
  const router = new Router();
  router.use((ctx, next) => {
    ctx.req.headers.accept = 'application/json';
    return next();
  });
  router.get('/assets/:name', (ctx) => {
    const asset = assetResponse(ctx.path, ctx.get('if-none-match'));
    if (!asset) return sendNotFound(services, ctx);
    ctx.status = asset.status;
    ctx.set(asset.headers);
    ctx.body = asset.body;
  });
  router.get('/health', (ctx) => {
    ctx.body = { status: 'ok' };
  });
  router.get('/ready', async (ctx) => {
    const { httpStatus, body } = await checkReadiness(services);
    ctx.status = httpStatus;
    ctx.body = body;
  });
  router.post('/leaks', createLeaksRoute(services));
  if (!services.config.production) {
    router.get('/metrics', async (ctx) => {
      ctx.type = metricsType;
      ctx.body = await renderMetrics(services);
    });
  }
  return router;
}

function pages(services: Services, holder: ProviderHolder): Router {
  const router = new Router();
  router.use(async (ctx, next) => {
    if (!redirectToIssuer(ctx, services.config)) await next();
  });
  mountInteractions(router, services, holder.current);
  mountSignIn(router, services, holder.current);
  mountSignUp(router, services);
  mountVerification(router, services, holder.current);
  mountDevelopmentMail(router, services);
  mountConnected(router, services);
  const signedIn = createSignedInRouter(router, services, holder.current);
  for (const mount of desks) mount(signedIn);
  router.get(paths.console, (ctx) => seeOther(ctx, paths.keys));
  router.get(paths.home, async (ctx) => {
    if (await findSignedIn(services, holder.current(), ctx)) return seeOther(ctx, paths.keys);
    sendPage(ctx, frontPage({ supportEmail: services.config.supportEmail }));
  });
  return router;
}
