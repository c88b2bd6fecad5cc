/** Development only: mail that did not leave, as a page and as JSON. In production neither route exists. */
import type Router from '@koa/router';
import { listDevelopmentMails } from '../../shared/mail/development.js';
import type { Services } from '../../shared/services.js';
import { devMailPage } from '../pages/dev-mail.js';
import { paths } from '../pages/paths.js';
import { sendPage } from './page.js';

export function mountDevelopmentMail(router: Router, services: Services): void {
  if (services.config.production || services.config.smtpUrl !== undefined) return;
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
