import type { Context } from 'koa';
import type { Services } from '../../shared/services.js';
import { pageProps, sendPage } from '../http/page.js';
import { type CheckYourMailProps, checkYourMailPage } from '../pages/check-your-mail.js';

/** The page after a mail was asked for; it reads the same whether or not there is an account. */
export function sendCheckMail(
  services: Services,
  ctx: Context,
  props: Pick<CheckYourMailProps, 'email' | 'reason' | 'returnTo' | 'error'>,
): void {
  const keptHere = !services.config.production && services.config.smtpUrl === undefined;
  sendPage(ctx, checkYourMailPage({ ...pageProps(services, ctx), ...props, keptHere }));
}
