/**
 * Signing in and out on our own pages, for the console and the account pages.
 */
import type Router from '@koa/router';
import type { Context } from 'koa';
import { errors, type Provider } from 'oidc-provider';
import type { Services } from '../../shared/services.js';
import {
  describeStaleForm,
  ForeignForm,
  ownPath,
  pageProps,
  readForm,
  seeOther,
  sendForeignForm,
  sendPage,
} from '../http/page.js';
import { paths } from '../pages/paths.js';
import { signInPage } from '../pages/sign-in.js';
import { signedOutPage, signOutPage } from '../pages/sign-out.js';
import { checkPassword, signInFailure } from './password-check.js';
import { findSignedIn, signIn, signOut } from './person.js';

/**
 * Runs a form's handler. A form of ours without a valid token is shown again by `again`, with its fields and what to
 * tell the person; any other form without one is refused.
 */
export async function guardForm(
  services: Services,
  ctx: Context,
  work: () => Promise<void>,
  again?: (form: URLSearchParams, problem: string) => void | Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ForeignForm)) throw error;
    if (again && error.form) {
      ctx.status = 403;
      return again(error.form, describeStaleForm(ctx));
    }
    sendForeignForm(services, ctx, error);
  }
}

interface ShownAgain {
  email?: string;
  error?: string;
  notice?: string;
  returnTo?: string;
}

/** What happened before, by the word in `lost` or `done` of the query: no text ever comes from a query. */
const notices: Readonly<Record<string, string>> = {
  kept: 'You were signed out. Sign in, and what you typed is there again.',
  all: 'You were signed out, and nothing was saved. Sign in to go on.',
  'password-reset': 'Your password is changed. Sign in with the new one.',
};

export function mountSignIn(router: Router, services: Services, provider: () => Provider): void {
  const show = (ctx: Context, again: ShownAgain) =>
    sendPage(ctx, signInPage({ ...pageProps(services, ctx), action: paths.signIn, ...again }));

  router.get(paths.signIn, async (ctx) => {
    const returnTo = ownPath(ctx.URL.searchParams.get('return_to'));
    if (await findSignedIn(services, provider(), ctx)) return seeOther(ctx, returnTo ?? paths.console);
    const { searchParams } = ctx.URL;
    const notice = notices[searchParams.get('lost') ?? searchParams.get('done') ?? ''];
    return show(ctx, { returnTo, notice });
  });

  const again = (ctx: Context) => (form: URLSearchParams, error: string) =>
    show(ctx, { email: form.get('email') ?? '', error, returnTo: ownPath(form.get('return_to')) });

  router.post(paths.signIn, (ctx) =>
    guardForm(
      services,
      ctx,
      async () => {
        const form = await readForm(services, ctx);
        const email = form.get('email') ?? '';
        const returnTo = ownPath(form.get('return_to'));
        const checked = await checkPassword(services, ctx, email, form.get('password') ?? '');
        if ('error' in checked) return show(ctx, { email, error: checked.error, returnTo });
        try {
          await signIn(services, provider(), ctx, checked.user);
        } catch (error) {
          if (!(error instanceof errors.SessionNotFound)) throw error;
          ctx.status = 401;
          return show(ctx, { email, error: signInFailure, returnTo });
        }
        seeOther(ctx, returnTo ?? paths.console);
      },
      again(ctx),
    ),
  );

  router.get(paths.signOut, (ctx) => {
    sendPage(ctx, signOutPage({ ...pageProps(services, ctx), action: paths.signOut }));
  });

  router.post(paths.signOut, (ctx) =>
    guardForm(services, ctx, async () => {
      const form = await readForm(services, ctx);
      if (form.get('logout') !== 'yes') return seeOther(ctx, paths.account);
      await signOut(services, provider(), ctx);
      sendPage(ctx, signedOutPage({ supportEmail: services.config.supportEmail }));
    }),
  );
}
