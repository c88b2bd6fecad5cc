/**
 * Sign-up, and a new password for someone who forgot theirs. Responses are the same for addresses that have an
 * account and that have none.
 */
import type Router from '@koa/router';
import type { Context } from 'koa';
import { randomSecret } from '../../shared/crypto/secrets.js';
import { parseEmail } from '../../shared/email.js';
import { checkNewPassword } from '../../shared/identity/passwords/new-passwords.js';
import { parseName } from '../../shared/identity/people/users.js';
import { findEmailLink } from '../../shared/identity/sign-in/email-links.js';
import { requestPasswordReset, resetPassword } from '../../shared/identity/sign-in/password-reset.js';
import { signUp } from '../../shared/identity/sign-in/sign-up.js';
import { addressSubject } from '../../shared/limiter/subjects.js';
import type { Services } from '../../shared/services.js';
import type { FieldErrors } from '../../shared/ui/label.js';
import { ownPath, pageProps, readForm, seeOther, sendPage } from '../http/page.js';
import { forgotPasswordPage } from '../pages/forgot-password.js';
import { paths, withQuery } from '../pages/paths.js';
import { resetPasswordPage } from '../pages/reset-password.js';
import { signUpPage } from '../pages/sign-up.js';
import { sendCheckMail } from './check-mail.js';
import { withFieldErrors, withLimit, withMailLimit } from './form-limits.js';
import { originOf } from './person.js';
import { guardForm } from './sign-in.js';
import { markSignUpBrowser } from './sign-up-browser.js';

export function mountSignUp(router: Router, services: Services): void {
  const post = (path: string, act: (ctx: Context, form: URLSearchParams) => Promise<void>) =>
    router.post(path, (ctx) => guardForm(services, ctx, async () => act(ctx, await readForm(services, ctx))));
  const text = (form: URLSearchParams, name: string) => form.get(name) ?? '';
  const returnTo = (query: URLSearchParams) => ownPath(query.get('return_to'));
  router.get(paths.signUp, (ctx) => {
    const query = ctx.URL.searchParams;
    const values = { takesTasks: query.get('takes_tasks') === 'yes' };
    sendPage(ctx, signUpPage({ ...pageProps(services, ctx), values, returnTo: returnTo(query) }));
  });
  post(paths.signUp, async (ctx, form) => {
    const [name, email, password] = [text(form, 'name'), text(form, 'email'), text(form, 'password')];
    const human = ['yes', 'on'].includes(text(form, 'takes_tasks'));
    const again = (problem: { errors?: FieldErrors; error?: string }) =>
      sendPage(
        ctx,
        signUpPage({
          ...pageProps(services, ctx),
          ...problem,
          values: { name, email, takesTasks: human },
          returnTo: returnTo(form),
        }),
      );
    await withLimit(services, ctx, [{ limit: 'signUp', subject: addressSubject(ctx.ip) }], again, () =>
      withFieldErrors(
        ctx,
        again,
        async () => {
          const browser = randomSecret();
          const landing = returnTo(form) ?? (human ? paths.profile : paths.keys);
          await signUp(services, { name, email, password, human }, originOf(ctx), {
            returnTo: landing,
            browser,
          });
          markSignUpBrowser(services, ctx, { email, browser });
          sendCheckMail(services, ctx, { email, reason: 'verify', returnTo: landing });
        },
        [() => parseName(name), () => parseEmail(email), () => checkNewPassword(password, { email, name })],
      ),
    );
  });

  router.get(paths.forgot, (ctx) => {
    sendPage(
      ctx,
      forgotPasswordPage({ ...pageProps(services, ctx), returnTo: returnTo(ctx.URL.searchParams) }),
    );
  });
  post(paths.forgot, async (ctx, form) => {
    const email = text(form, 'email');
    const again = (problem: { errors?: FieldErrors; error?: string }) =>
      sendPage(
        ctx,
        forgotPasswordPage({ ...pageProps(services, ctx), ...problem, email, returnTo: returnTo(form) }),
      );
    await withMailLimit(services, ctx, email, again, () =>
      withFieldErrors(ctx, again, async () => {
        await requestPasswordReset(services, { email, returnTo: returnTo(form) }, originOf(ctx));
        sendCheckMail(services, ctx, { email, reason: 'reset', returnTo: returnTo(form) });
      }),
    );
  });

  router.get(paths.reset, async (ctx) => {
    const token = ctx.URL.searchParams.get('token') ?? '';
    await showReset(ctx, token, returnTo(ctx.URL.searchParams));
  });
  post(paths.reset, async (ctx, form) => {
    const token = text(form, 'token');
    const again = (problem: { errors?: FieldErrors; error?: string }) =>
      showReset(ctx, token, returnTo(form), problem);
    await withFieldErrors(ctx, again, async () => {
      const result = await resetPassword(
        services,
        { token, password: text(form, 'password') },
        originOf(ctx),
      );
      if ('problem' in result) {
        ctx.status = 400;
        return showReset(ctx, token, returnTo(form));
      }
      seeOther(ctx, withQuery(paths.signIn, { done: 'password-reset', return_to: returnTo(form) }));
    });
  });

  /** Looks at the link without using it: a dead one is told before anybody types a password. */
  async function showReset(
    ctx: Context,
    token: string,
    returnTo: string | undefined,
    problem: { errors?: FieldErrors; error?: string } = {},
  ): Promise<void> {
    const found = await findEmailLink(services, 'reset_password', token);
    const email = 'link' in found ? found.link.email : undefined;
    if (email === undefined && ctx.method === 'GET') ctx.status = 400;
    const usable = email === undefined ? undefined : token;
    const props = { ...pageProps(services, ctx), ...problem, token: usable, email, returnTo };
    sendPage(ctx, resetPasswordPage(props));
  }
}
