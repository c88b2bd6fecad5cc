/**
 * Signing in on the way to an app. Wrong address and wrong password are one answer.
 */
import { personSubject } from '../../shared/ids.js';
import { toVisibleLine } from '../../shared/ui/foreign-text.js';
import { findClient } from '../clients/client-registry.js';
import { pageProps, sendPage } from '../http/page.js';
import { findActivePerson } from '../oidc/accounts.js';
import { signInPage } from '../pages/sign-in.js';
import { signUpPage } from '../pages/sign-up.js';
import { checkPassword } from '../sign-in/password-check.js';
import { finish, type InteractionStep } from './interaction-step.js';
import { makeWay } from './same-person.js';

/** Asks for the password, unless another tab has been told it since. */
export async function askToSignIn(step: InteractionStep): Promise<void> {
  const { provider, ctx, interaction, services } = step;
  const { reasons } = interaction.prompt;
  if (reasons.length === 1 && reasons[0] === 'no_session') {
    const session = await provider.Session.get(provider.createContext(ctx.req, ctx.res));
    const { accountId, loginTs, amr } = session;
    if (accountId !== undefined && (await findActivePerson(services, accountId))) {
      return finish(step, { login: { accountId, ts: loginTs, amr } });
    }
  }
  // The app asked for a new account; its page also leads to those who have one.
  const asked = String(interaction.params.prompt ?? '').split(' ');
  if (asked.includes('create')) {
    return sendPage(
      ctx,
      signUpPage({ ...pageProps(services, ctx), returnTo: `/interaction/${interaction.uid}` }),
    );
  }
  return showSignIn(step);
}

export async function showSignIn(
  step: InteractionStep,
  again?: { email: string; error: string },
): Promise<void> {
  const { services, ctx, interaction } = step;
  const { params } = interaction;
  const client = await findClient(services, String(params.client_id));
  sendPage(
    ctx,
    signInPage({
      ...pageProps(services, ctx),
      action: `/interaction/${interaction.uid}/signin`,
      returnTo: `/interaction/${interaction.uid}`,
      appName: client?.name,
      email: again?.email ?? emailHint(params.login_hint),
      error: again?.error,
    }),
    [String(params.redirect_uri)],
  );
}

/** The app's idea of who signs in, if it is an email address that reads as what it is. */
function emailHint(hint: unknown): string | undefined {
  const plain = typeof hint === 'string' && hint.length <= 254 && toVisibleLine(hint, 254) === hint;
  return plain && hint.includes('@') ? hint : undefined;
}

export async function answerSignIn(step: InteractionStep, form: URLSearchParams): Promise<void> {
  const { services, ctx } = step;
  const email = form.get('email') ?? '';
  const checked = await checkPassword(services, ctx, email, form.get('password') ?? '');
  if ('error' in checked) return showSignIn(step, { email, error: checked.error });
  const accountId = personSubject(checked.user.id);
  await makeWay(step, accountId);
  await finish(step, { login: { accountId, amr: ['pwd'], credentialVersion: checked.user.tokenVersion } });
}
