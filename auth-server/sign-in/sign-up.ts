/**
 * Becoming someone here, and getting back in: sign-up, the link that proves an address, a forgotten password. The
 * answers are the same for addresses that we know and that we do not.
 */
import type Router from '@koa/router';
import type { Context } from 'koa';
import type { Provider } from 'oidc-provider';
import { DomainError } from '../../shared/errors.js';
import { confirmEmailChange } from '../../shared/identity/sign-in/email-change.js';
import { requestPasswordReset, resetPassword } from '../../shared/identity/sign-in/password-reset.js';
import { resendVerification, signUp, verifyEmail } from '../../shared/identity/sign-in/sign-up.js';
import { addressSubject, emailSubject } from '../../shared/limiter/subjects.js';
import type { Services } from '../../shared/services.js';
import type { FieldErrors } from '../../shared/ui/label.js';
import { type Attempt, setRefused, takeLimits, waitInWords } from '../http/limits.js';
import { ownPath, pageProps, readForm, sendPage } from '../http/page.js';
import { checkYourMailPage } from '../pages/check-your-mail.js';
import { forgotPasswordPage } from '../pages/forgot-password.js';
import { paths } from '../pages/paths.js';
import { resetPasswordPage } from '../pages/reset-password.js';
import { signUpPage } from '../pages/sign-up.js';
import { verifyEmailPage } from '../pages/verify-email.js';
import { findSignedIn, originOf } from './person.js';
import { guardForm } from './sign-in.js';

export function mountSignUp(router: Router, services: Services, provider: () => Provider): void {
  const post = (path: string, act: (ctx: Context, form: URLSearchParams) => Promise<void>) =>
    router.post(path, (ctx) => guardForm(services, ctx, async () => act(ctx, await readForm(services, ctx))));
  const text = (form: URLSearchParams, name: string) => form.get(name) ?? '';
  const returnTo = (query: URLSearchParams) => ownPath(query.get('return_to'));
  const checkMail = (ctx: Context, email: string, reason: 'verify' | 'reset', returnTo?: string) => {
    const keptHere = !services.config.production && services.config.smtpUrl === undefined;
    sendPage(ctx, checkYourMailPage({ ...pageProps(services, ctx), email, reason, returnTo, keptHere }));
  };

  router.get(paths.signUp, (ctx) => {
    sendPage(ctx, signUpPage({ ...pageProps(services, ctx), returnTo: returnTo(ctx.URL.searchParams) }));
  });
  post(paths.signUp, async (ctx, form) => {
    const [name, email] = [text(form, 'name'), text(form, 'email')];
    const human = form.get('takes_tasks') !== null;
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
      withFieldErrors(ctx, again, async () => {
        const password = text(form, 'password');
        await signUp(services, { name, email, password, human }, originOf(ctx), { returnTo: returnTo(form) });
        checkMail(ctx, email, 'verify', returnTo(form));
      }),
    );
  });

  router.get([paths.verify, paths.verifyChange], (ctx) => {
    const token = ctx.URL.searchParams.get('token') ?? undefined;
    const state = token ? 'asked' : 'gone';
    const props = {
      ...pageProps(services, ctx),
      state,
      token,
      returnTo: returnTo(ctx.URL.searchParams),
    } as const;
    sendPage(ctx, verifyEmailPage(props));
  });
  post(paths.verify, async (ctx, form) => {
    const token = text(form, 'token');
    const sessionUid = (await findSignedIn(services, provider(), ctx))?.sessionUid;
    const verified = await verifyEmail(services, token, originOf(ctx));
    const changed =
      'user' in verified
        ? verified
        : await confirmEmailChange(services, { token, sessionUid }, originOf(ctx));
    const done = 'user' in changed;
    if (!done) ctx.status = 400;
    sendPage(
      ctx,
      verifyEmailPage({
        ...pageProps(services, ctx),
        state: done ? 'done' : 'gone',
        email: done ? changed.user.email : undefined,
        returnTo: returnTo(form),
      }),
    );
  });
  post(paths.resendVerification, async (ctx, form) => {
    const email = text(form, 'email');
    const again = () => checkMail(ctx, email, 'verify', returnTo(form));
    await withMailLimit(services, ctx, email, again, () =>
      withFieldErrors(ctx, again, async () => {
        await resendVerification(services, { email }, originOf(ctx), { returnTo: returnTo(form) });
        again();
      }),
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
        await requestPasswordReset(services, { email }, originOf(ctx));
        checkMail(ctx, email, 'reset', returnTo(form));
      }),
    );
  });

  router.get(paths.reset, (ctx) => {
    const token = ctx.URL.searchParams.get('token') ?? undefined;
    sendPage(ctx, resetPasswordPage({ ...pageProps(services, ctx), token }));
  });
  post(paths.reset, async (ctx, form) => {
    const token = text(form, 'token');
    const again = (problem: { errors?: FieldErrors; error?: string }) =>
      sendPage(ctx, resetPasswordPage({ ...pageProps(services, ctx), ...problem, token }));
    await withFieldErrors(ctx, again, async () => {
      const result = await resetPassword(
        services,
        { token, password: text(form, 'password') },
        originOf(ctx),
      );
      if ('problem' in result) {
        ctx.status = 400;
        sendPage(ctx, resetPasswordPage({ ...pageProps(services, ctx), token: undefined }));
        return;
      }
      ctx.status = 303;
      ctx.redirect(`${paths.signIn}?done=password-reset`);
    });
  });
}

type Again = (problem: { errors?: FieldErrors; error?: string }) => void;

async function withFieldErrors(ctx: Context, again: Again, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof DomainError) || error.data.field === undefined) throw error;
    ctx.status = 400;
    again({ errors: { [error.data.field]: error.data.message } });
  }
}

async function withLimit(
  services: Services,
  ctx: Context,
  attempts: Attempt[],
  again: Again,
  act: () => Promise<void>,
): Promise<void> {
  const decision = await takeLimits(services, attempts);
  if (decision.allowed) return act();
  const wait = decision.refusedBy ? ` Try again in ${waitInWords(decision.refusedBy)}.` : '';
  again({ error: `That was too often.${wait}` });
  setRefused(ctx, decision);
}

/** Mail to one address is limited whoever asks for it, and whether or not we know the address. */
function withMailLimit(
  services: Services,
  ctx: Context,
  email: string,
  again: Again,
  act: () => Promise<void>,
): Promise<void> {
  return withLimit(services, ctx, [{ limit: 'mailedSecrets', subject: emailSubject(email) }], again, act);
}
