/**
 * Signing in on the way to an app. Wrong address and wrong password are one answer.
 */

import { personSubject } from '../../shared/ids.js';
import { findClient } from '../client-registry.js';
import { pageProps, sendPage } from '../page.js';
import { signInPage } from '../pages/sign-in.js';
import { checkPassword } from '../password-check.js';
import { finish, type Stop } from './stop.js';

export async function showSignIn(stop: Stop, again?: { email: string; error: string }): Promise<void> {
  const { services, ctx, interaction } = stop;
  const { params } = interaction;
  const client = await findClient(services, String(params.client_id));
  const hint = typeof params.login_hint === 'string' ? params.login_hint : undefined;
  sendPage(
    ctx,
    signInPage({
      ...pageProps(services, ctx),
      action: `/interaction/${interaction.uid}/signin`,
      returnTo: `/interaction/${interaction.uid}`,
      appName: client?.name,
      email: again?.email ?? hint,
      error: again?.error,
    }),
    [String(params.redirect_uri)],
  );
}

export async function answerSignIn(stop: Stop, form: URLSearchParams): Promise<void> {
  const { services, ctx } = stop;
  const email = form.get('email') ?? '';
  const checked = await checkPassword(services, ctx, email, form.get('password') ?? '');
  if ('error' in checked) return showSignIn(stop, { email, error: checked.error });
  await finish(stop, { login: { accountId: personSubject(checked.user.id), amr: ['pwd'] } });
}
