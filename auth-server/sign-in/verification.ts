/**
 * The pages that prove an address: the link of a sign-up, its code, and the link of a change of address. Opening a
 * link does nothing, since mail scanners open links too; its button does.
 */
import type Router from '@koa/router';
import type { Context } from 'koa';
import type { Provider } from 'oidc-provider';
import { canonicalEmail } from '../../shared/email.js';
import type { User } from '../../shared/identity/people/users.js';
import { confirmEmailChange } from '../../shared/identity/sign-in/email-change.js';
import { findEmailLink } from '../../shared/identity/sign-in/email-links.js';
import { resendVerification, verifyEmail, verifyEmailByCode } from '../../shared/identity/sign-in/sign-up.js';
import { addressSubject } from '../../shared/limiter/subjects.js';
import type { Services } from '../../shared/services.js';
import { ownPath, pageProps, readForm, sendPage } from '../http/page.js';
import { paths } from '../pages/paths.js';
import { type VerifyEmailProps, verifyEmailPage } from '../pages/verify-email.js';
import { sendCheckMail } from './check-mail.js';
import { type Again, withFieldErrors, withLimit, withMailLimit } from './form-limits.js';
import { findSignedIn, originOf, signIn } from './person.js';
import { guardForm } from './sign-in.js';
import { dropSignUpMark, findSignUpBrowser, findSignUpEmail } from './sign-up-browser.js';

export function mountVerification(router: Router, services: Services, provider: () => Provider): void {
  const post = (path: string, act: (ctx: Context, form: URLSearchParams) => Promise<void>) =>
    router.post(path, (ctx) => guardForm(services, ctx, async () => act(ctx, await readForm(services, ctx))));
  const text = (form: URLSearchParams, name: string) => form.get(name) ?? '';
  const returnTo = (query: URLSearchParams) => ownPath(query.get('return_to'));
  const show = (ctx: Context, props: Omit<VerifyEmailProps, 'csrf' | 'now'>) =>
    sendPage(ctx, verifyEmailPage({ ...pageProps(services, ctx), ...props }));

  /** Signs in where the person signed up; says whether it did. */
  const finish = async (ctx: Context, user: User): Promise<boolean> => {
    if (findSignUpEmail(services, ctx) !== user.email) return false;
    await signIn(services, provider(), ctx, user);
    dropSignUpMark(services, ctx);
    return true;
  };

  router.get([paths.verify, paths.verifyChange], async (ctx) => {
    const token = ctx.URL.searchParams.get('token') ?? '';
    const isChange = ctx.path === paths.verifyChange;
    const found = await findEmailLink(services, isChange ? 'change_email' : 'verify_email', token);
    const common = { isChange, returnTo: returnTo(ctx.URL.searchParams) };
    if ('problem' in found) {
      ctx.status = 400;
      return show(ctx, { ...common, state: 'gone' });
    }
    show(ctx, { ...common, state: 'asked', email: found.link.email, token });
  });

  post(paths.verify, async (ctx, form) => {
    const token = text(form, 'token');
    const verified = await verifyEmail(services, token, originOf(ctx));
    if (!('user' in verified)) {
      ctx.status = 400;
      return show(ctx, { state: 'gone', returnTo: returnTo(form) });
    }
    const signedIn = await finish(ctx, verified.user);
    show(ctx, { state: 'done', email: verified.user.email, signedIn, returnTo: returnTo(form) });
  });

  post(paths.verifyChange, async (ctx, form) => {
    const token = text(form, 'token');
    const sessionUid = (await findSignedIn(services, provider(), ctx))?.sessionUid;
    const changed = await confirmEmailChange(services, { token, sessionUid }, originOf(ctx));
    if (!('user' in changed)) {
      ctx.status = 400;
      return show(ctx, { state: 'gone', isChange: true });
    }
    show(ctx, {
      state: 'done',
      isChange: true,
      email: changed.user.email,
      signedIn: sessionUid !== undefined,
    });
  });

  post(paths.verifyCode, async (ctx, form) => {
    const signedUp = findSignUpBrowser(services, ctx);
    if (signedUp === undefined) {
      ctx.status = 400;
      return show(ctx, { state: 'gone', returnTo: returnTo(form) });
    }
    const { email, browser } = signedUp;
    const again: Again = ({ error }) =>
      sendCheckMail(services, ctx, { email, reason: 'verify', returnTo: returnTo(form), error });
    const attempts = [{ limit: 'signInAddress' as const, subject: addressSubject(ctx.ip) }];
    await withLimit(services, ctx, attempts, again, async () => {
      const user = await verifyEmailByCode(
        services,
        { email, code: text(form, 'code'), browser },
        originOf(ctx),
      );
      if (!user) {
        ctx.status = 400;
        return again({
          error: 'That code is wrong or too old. Look at the mail once more, or let us send another.',
        });
      }
      const signedIn = await finish(ctx, user);
      show(ctx, { state: 'done', email: user.email, signedIn, returnTo: returnTo(form) });
    });
  });

  post(paths.resendVerification, async (ctx, form) => {
    const email = text(form, 'email');
    const again: Again = ({ error }) =>
      sendCheckMail(services, ctx, { email, reason: 'verify', returnTo: returnTo(form), error });
    await withMailLimit(services, ctx, email, again, () =>
      withFieldErrors(ctx, again, async () => {
        const signedUp = findSignUpBrowser(services, ctx);
        const browser = signedUp?.email === canonicalEmail(email) ? signedUp.browser : undefined;
        await resendVerification(services, { email }, originOf(ctx), { returnTo: returnTo(form), browser });
        await again({});
      }),
    );
  });
}
