/**
 * Development only: mail that did not leave, as a page and as JSON. In production neither route exists. Links and
 * codes in these mails sign anybody in, so only this machine may read them, even when the server listens on all
 * interfaces or stands behind a proxy.
 */
import type Router from '@koa/router';
import type { Context } from 'koa';
import { isLoopback } from '../../shared/http/special-addresses.js';
import { listDevelopmentMails } from '../../shared/mail/development.js';
import type { Services } from '../../shared/services.js';
import { devMailPage } from '../pages/dev-mail.js';
import { paths } from '../pages/paths.js';
import { sendNotFound } from './not-found.js';
import { sendPage } from './page.js';
import type { AskedAddress } from './public-url.js';

export function mountDevelopmentMail(router: Router, services: Services): void {
  if (services.config.production || services.config.smtpUrl !== undefined) return;
  services.logger.warn(
    { event: 'development.mail' },
    `development mode: mail is not sent; read it at ${services.config.issuer}${paths.devMail}, from this machine only`,
  );
  router.use([paths.devMail, `${paths.devMail}.json`], (ctx, next) =>
    isFromThisMachine(services, ctx) ? next() : sendNotFound(services, ctx),
  );
  router.get(paths.devMail, async (ctx) => {
    const mails = await listDevelopmentMails(services, { to: ctx.URL.searchParams.get('to') ?? undefined });
    const listed = mails.map((mail, index) => ({ ...mail, id: String(index), at: new Date(mail.at) }));
    sendPage(ctx, devMailPage({ mails: listed, now: services.clock.now() }));
  });
  router.get(`${paths.devMail}.json`, async (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    ctx.body = {
      mails: await listDevelopmentMails(services, { to: ctx.URL.searchParams.get('to') ?? undefined }),
    };
  });
}

/**
 * Whether the peer is this machine and calls the server by a name of its own. A page of another site could make its
 * name resolve to 127.0.0.1 (DNS rebinding); its requests still carry that name.
 */
function isFromThisMachine({ config }: Services, ctx: Context): boolean {
  const { host = '', forwarded } = ctx.state.askedAddress as AskedAddress;
  const known =
    host === new URL(config.issuer).host || /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/.test(host);
  return known && !forwarded && isLoopback(ctx.req.socket.remoteAddress ?? '');
}
