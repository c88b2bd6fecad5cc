/**
 * Signing in on the way to an app. Wrong address and wrong password are one answer.
 */
import { recordAudit } from '../../shared/audit.js';
import { findOAuthClient } from '../../shared/identity/oauth-clients.js';
import { authenticateUser } from '../../shared/identity/users.js';
import { personSubject } from '../../shared/ids.js';
import { pageProps, sendPage } from '../page.js';
import { signInPage } from '../pages/sign-in.js';
import { auditSignIn } from '../person.js';
import { finish, type Stop } from './routes.js';

/** The one text for every sign-in that did not work. */
export const signInFailure = 'That address and password do not belong together.';

export async function showSignIn(stop: Stop, again?: { email: string; error: string }): Promise<void> {
  const { services, ctx, interaction } = stop;
  const { params } = interaction;
  const client = await findOAuthClient(services, String(params.client_id));
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
  const user = await authenticateUser(services, email, form.get('password') ?? '');
  if (!user) {
    await recordAudit(services, {
      accountId: null,
      action: 'user.sign_in_failed',
      actor: { kind: 'system', id: 'sign-in' },
      requestId: ctx.state.requestId,
      personal: { address: ctx.ip, email: email.slice(0, 254) },
    });
    ctx.status = 401;
    return showSignIn(stop, { email, error: signInFailure });
  }
  await auditSignIn(services, ctx, user);
  await finish(stop, { login: { accountId: personSubject(user.id), amr: ['pwd'] } });
}
