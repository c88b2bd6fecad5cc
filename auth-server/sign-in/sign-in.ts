/**
 * Signing in and out on our own pages, for the console and the account pages.
 */
import type Router from '@koa/router';
import type { Context } from 'koa';
import type { Provider } from 'oidc-provider';
import type { Services } from '../../shared/services.js';
import {
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
import { checkPassword } from './password-check.js';
import { findSignedIn, signIn, signOut } from './person.js';

/** Runs a form's handler; a form that is not ours gets its page instead. */
export async function guardForm(services: Services, ctx: Context, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ForeignForm)) throw error;
    sendForeignForm(services, ctx);
  }
}

export function mountSignIn(router: Router, services: Services, provider: () => Provider): void {
  const show = (ctx: Context, again: { email?: string; error?: string; returnTo?: string }) =>
    sendPage(ctx, signInPage({ ...pageProps(services, ctx), action: paths.signIn, ...again }));

  router.get(paths.signIn, async (ctx) => {
    const returnTo = ownPath(ctx.URL.searchParams.get('return_to'));
    if (await findSignedIn(services, provider(), ctx)) return seeOther(ctx, returnTo ?? paths.console);
    return show(ctx, { returnTo });
  });

  router.post(paths.signIn, (ctx) =>
    guardForm(services, ctx, async () => {
      const form = await readForm(services, ctx);
      const email = form.get('email') ?? '';
      const returnTo = ownPath(form.get('return_to'));
      const checked = await checkPassword(services, ctx, email, form.get('password') ?? '');
      if ('error' in checked) return show(ctx, { email, error: checked.error, returnTo });
      await signIn(services, provider(), ctx, checked.user);
      seeOther(ctx, returnTo ?? paths.console);
    }),
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
