/**
 * Routes of signed-in pages. A person who is not signed in is sent to sign in and comes back; a form is checked for
 * its token before its handler sees it; what the domain refuses comes back as the same page with the error at its
 * field.
 */
import type Router from '@koa/router';
import type { Context } from 'koa';
import type { Provider } from 'oidc-provider';
import { randomSecret } from '../../shared/crypto/secrets.js';
import { DomainError } from '../../shared/errors.js';
import type { Origin } from '../../shared/identity/people/origin.js';
import type { Actor, User } from '../../shared/identity/people/users.js';
import type { Services } from '../../shared/services.js';
import { isFault } from '../http/frame.js';
import { dropKeptForm, findKeptForm, keepForm } from '../http/kept-form.js';
import { describeStaleForm, ForeignForm, pageProps, readForm, seeOther, sendPage } from '../http/page.js';
import type { Submission } from '../http/submit-once.js';
import { errorPage } from '../pages/error.js';
import type { SignedInPageProps } from '../pages/parts/once.js';
import { paths, withQuery } from '../pages/paths.js';
import { orShowAgain } from './form-errors.js';
import type { FormPlan } from './form-plan.js';
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
  /** Props that every signed-in page takes. */
  props: SignedInPageProps;
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
}

type PrepareForm = (request: PageRequest, form: URLSearchParams) => FormPlan | Promise<FormPlan>;

export interface SignedInRouter {
  get(path: string, show: (request: PageRequest) => Promise<void>): void;
  /** A form that is a button: there is nothing to correct in it. */
  post(path: string, act: (request: PageRequest, form: URLSearchParams) => Promise<void>): void;
  /**
   * A form with fields. It is shown again, with everything that was typed and a fresh token, after an error, when
   * its token was too old, and when the session had ended and the person has signed in again.
   */
  form(path: string, prepare: PrepareForm): void;
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
  'claim-mailed': 'We sent a link to your address. Open it to claim the agent.',
  'email-asked': 'We sent a link to the new address. Until you open it, nothing changes.',
  'key-made-before':
    'This form was sent before, and this is the key that it made. The key was shown once: roll it to get a new one.',
  'app-made-before':
    'This form was sent before, and this is the app that it registered. Its secret was shown once: add another below.',
  'secret-made-before':
    'This form was sent before, and the secret that it made was shown once. Add another, then remove it.',
  'plan-changed': 'Your plan is changed. It counts from the next call.',
};

export function createSignedInRouter(
  router: Router,
  services: Services,
  provider: () => Provider,
): SignedInRouter {
  const forms = new Map<string, PrepareForm>();

  const request = async (ctx: Context, work: (request: PageRequest) => Promise<void>) => {
    const current = provider();
    const signedIn = await findSignedIn(services, current, ctx);
    if (!signedIn) return sendToSignIn(services, ctx);
    const { user, sessionUid } = signedIn;
    const query = ctx.URL.searchParams;
    const origin = originOf(ctx);
    const props = {
      ...pageProps(services, ctx),
      person: { name: user.name, email: user.email },
      notice: notices[query.get('done') ?? ''],
      once: randomSecret(),
    };
    await work({
      services,
      provider: current,
      ctx,
      user,
      sessionUid,
      actor: { kind: 'person', id: user.id, ...origin },
      origin,
      props,
      params: ctx.params,
      query,
    });
  };

  const orRefused = async (ctx: Context, work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof DomainError) || isFault(error)) throw error;
      sendRefusal(services, ctx, error);
    }
  };

  /** Shows a form whose fields were kept while the person signed in again; false when there is none. */
  const showKept = async (path: string, one: PageRequest): Promise<boolean> => {
    const prepare = forms.get(path);
    const kept = prepare && findKeptForm(services, one.ctx);
    if (!prepare || !kept) return false;
    dropKeptForm(services, one.ctx);
    one.props.notice = 'You are signed in again. Nothing was saved yet: look it over and send it.';
    await (await prepare(one, kept)).again({});
    return true;
  };

  const submit = async (one: PageRequest, prepare: PrepareForm) => {
    try {
      await orShowAgain(one, await prepare(one, await readForm(services, one.ctx)));
    } catch (error) {
      if (!(error instanceof ForeignForm) || !error.form) throw error;
      one.ctx.status = 403;
      one.props.error = describeStaleForm(one.ctx);
      await (await prepare(one, error.form)).again({});
    }
  };

  return {
    get: (path, show) =>
      router.get(path, (ctx) =>
        orRefused(ctx, () =>
          request(ctx, async (one) => {
            if (!(await showKept(path, one))) await show(one);
          }),
        ),
      ),
    post: (path, act) =>
      router.post(path, (ctx) =>
        guardForm(services, ctx, () =>
          orRefused(ctx, () => request(ctx, async (one) => act(one, await readForm(services, ctx)))),
        ),
      ),
    form: (path, prepare) => {
      forms.set(path, prepare);
      router.post(path, (ctx) =>
        guardForm(services, ctx, () => orRefused(ctx, () => request(ctx, (one) => submit(one, prepare)))),
      );
      // For a form that is part of another page: its own path is a page only while its fields are kept.
      router.get(path, async (ctx, next) => {
        if (!findKeptForm(services, ctx)) return next();
        await orRefused(ctx, () => request(ctx, async (one) => void (await showKept(path, one))));
      });
    },
  };
}

/** Nobody is signed in: to the sign-in page and back here. What a form brought is kept for ten minutes. */
async function sendToSignIn(services: Services, ctx: Context): Promise<void> {
  if (ctx.method === 'GET' || ctx.method === 'HEAD') {
    return seeOther(ctx, withQuery(paths.signIn, { return_to: ctx.url }));
  }
  const form = await readForm(services, ctx).catch((error: unknown) => {
    if (error instanceof ForeignForm && error.form) return error.form;
    throw error;
  });
  const kept = keepForm(services, ctx, form);
  seeOther(ctx, withQuery(paths.signIn, { return_to: ctx.path, lost: kept ? 'kept' : 'all' }));
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

/** For `submitOnce`. */
export const submissionOf = ({ user, ctx }: PageRequest, form: URLSearchParams): Submission => ({
  userId: user.id,
  path: ctx.path,
  form,
});

/** Goes on to a page that says what happened; `done` is one of the words above. */
export function goOn(request: PageRequest, path: string, done?: string): void {
  seeOther(request.ctx, withQuery(path, { done }));
}
