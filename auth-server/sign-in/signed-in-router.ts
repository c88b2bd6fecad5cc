/**
 * Routes of signed-in pages. Who is not signed in is sent to sign in and comes back; a form is checked for its
 * token before its handler sees it; what the domain refuses comes back as the same page with words at the field.
 */
import type Router from '@koa/router';
import type { Context } from 'koa';
import type { Provider } from 'oidc-provider';
import { DomainError } from '../../shared/errors.js';
import type { Origin } from '../../shared/identity/people/origin.js';
import type { Actor, User } from '../../shared/identity/people/users.js';
import type { Services } from '../../shared/services.js';
import type { AppShellPageProps } from '../../shared/ui/app-shell.js';
import type { FieldErrors } from '../../shared/ui/label.js';
import { isFault } from '../http/frame.js';
import { pageProps, readForm, seeOther, sendPage } from '../http/page.js';
import { errorPage } from '../pages/error.js';
import { paths, withQuery } from '../pages/paths.js';
import { findSignedIn, originOf } from './person.js';
import { guardForm } from './sign-in.js';

/** One request of a signed-in person. */
export interface PageRequest {
  services: Services;
  provider: Provider;
  ctx: Context;
  user: User;
  sessionUid: string;
  /** The person as the audit log names them. */
  actor: Actor;
  origin: Origin;
  /** Props that every page of a desk takes. */
  props: AppShellPageProps;
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
}

export interface SignedInRouter {
  get(path: string, show: (request: PageRequest) => Promise<void>): void;
  post(path: string, act: (request: PageRequest, form: URLSearchParams) => Promise<void>): void;
}

/** What a page says after an action, by the word that the redirect carries: no text ever comes from a query. */
const notices: Readonly<Record<string, string>> = {
  renamed: 'The new name is saved.',
  saved: 'Saved.',
  disabled: 'Disabled. Calls with it fail from now on.',
  enabled: 'Enabled. Calls with it work again.',
  deleted: 'Deleted. Calls with it fail from now on, for good.',
  'secret-removed': 'Removed. The app cannot sign in with that secret any more.',
  disconnected: 'Disconnected. Its tokens stopped working just now.',
  'session-ended': 'That sign-in has ended.',
  'sessions-ended': 'All other sign-ins have ended.',
  'password-changed': 'Your password is changed, and every other sign-in has ended.',
  'email-asked': 'We sent a link to the new address. Until you open it, nothing changes.',
  'plan-changed': 'Your plan is changed. It counts from the next call.',
};

export function createSignedInRouter(
  router: Router,
  services: Services,
  provider: () => Provider,
): SignedInRouter {
  const request = async (ctx: Context, work: (request: PageRequest) => Promise<void>) => {
    const current = provider();
    const signedIn = await findSignedIn(services, current, ctx);
    if (!signedIn) {
      const returnTo = ctx.method === 'GET' ? ctx.url : paths.console;
      seeOther(ctx, withQuery(paths.signIn, { return_to: returnTo }));
      return;
    }
    const { user, sessionUid } = signedIn;
    const query = ctx.URL.searchParams;
    const props = {
      ...pageProps(services, ctx),
      person: { name: user.name, email: user.email },
      notice: notices[query.get('done') ?? ''],
    };
    await work({
      services,
      provider: current,
      ctx,
      user,
      sessionUid,
      actor: { kind: 'person', id: user.id },
      origin: originOf(ctx),
      props,
      params: ctx.params,
      query,
    });
  };
  const orMissing = async (ctx: Context, work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof DomainError) || isFault(error)) throw error;
      sendRefusal(services, ctx, error);
    }
  };
  return {
    get: (path, show) => router.get(path, (ctx) => orMissing(ctx, () => request(ctx, show))),
    post: (path, act) =>
      router.post(path, (ctx) =>
        guardForm(services, ctx, () =>
          orMissing(ctx, () => request(ctx, async (one) => act(one, await readForm(services, ctx)))),
        ),
      ),
  };
}

/** For what no field is to blame: something is gone, or no longer in a state for this. */
function sendRefusal(services: Services, ctx: Context, error: DomainError): void {
  const missing = error.code === 'not_found';
  ctx.status = missing ? 404 : 409;
  const html = errorPage({
    title: missing ? 'That is not here' : 'That cannot be done now',
    problem: missing
      ? 'It is gone, or it never was yours.'
      : (error.data.message ?? 'It is no longer as the page showed it.'),
    stillStands: 'Nothing was changed.',
    requestId: ctx.state.requestId,
    link: { href: paths.console, label: 'To the console' },
    supportEmail: services.config.supportEmail,
  });
  sendPage(ctx, html);
}

/** Goes on to a page that says what happened; `done` is one of the words above. */
export function goOn(request: PageRequest, path: string, done?: string): void {
  seeOther(request.ctx, withQuery(path, { done }));
}

/** Domain names of members that a form calls otherwise. */
const fieldNames: Readonly<Record<string, string>> = {
  redirect_uri: 'redirect_uris',
  expires: 'expires_on',
  expires_at: 'expires_on',
};

/**
 * Runs what a form asks for. What is wrong with a field is handed to `again`, which shows the form once more;
 * anything else goes on being thrown.
 */
export async function orShowAgain(
  request: PageRequest,
  act: () => Promise<void>,
  again: (errors: FieldErrors) => Promise<void>,
  otherField?: string,
): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const { field, message } = error.data;
    const wrongPassword = error.code === 'wrong_password';
    const name = field === undefined ? otherField : (fieldNames[field] ?? field);
    if (name === undefined || error.code === 'not_found') throw error;
    request.ctx.status = 400;
    await again({
      [name]: wrongPassword ? 'That is not your password.' : sentence(message ?? 'That is not possible.'),
    });
  }
}

const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, '')}.`;
