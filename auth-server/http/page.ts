/**
 * Sends pages and reads forms: the one way in which HTML leaves and form fields come in. Every page has the same
 * headers; every form is checked for its CSRF token before anything looks at its fields.
 */
import type { Context } from 'koa';
import { readText } from '../../shared/http/body.js';
import type { Services } from '../../shared/services.js';
import { buildContentSecurityPolicy } from '../../shared/ui/content-security-policy.js';
import type { PageProps } from '../../shared/ui/document.js';
import { errorPage } from '../pages/error.js';
import { paths } from '../pages/paths.js';
import { sendAgainPage } from '../pages/send-again.js';
import { csrfToken, isOwnForm } from './csrf.js';

const formLimitBytes = 64 * 1024;

/** Props that every page takes. */
export function pageProps(services: Services, ctx: Context): PageProps {
  return {
    csrf: csrfToken(services, ctx),
    now: services.clock.now(),
    supportEmail: services.config.supportEmail,
  };
}

/** Answers with a page. `formTargets` are the redirect URIs to which its forms may lead a browser. */
export function sendPage(ctx: Context, html: string, formTargets: readonly string[] = []): void {
  ctx.type = 'html';
  ctx.body = html;
  ctx.set('Content-Security-Policy', buildContentSecurityPolicy(formTargets));
  ctx.set('Cache-Control', 'no-store');
}

/** Goes on to another page after a form, as a GET whatever the method was (303). */
export function seeOther(ctx: Context, location: string): void {
  ctx.status = 303;
  ctx.set('Cache-Control', 'no-store');
  ctx.redirect(location);
}

/**
 * A form whose CSRF token is missing or does not belong to this browser. Nothing was done. `form` has its fields
 * when the browser vouches that one of our own pages sent it (`Sec-Fetch-Site`): the page was open for too long, or
 * the cookie is gone. Only then may the form be offered once more.
 */
export class ForeignForm extends Error {
  constructor(readonly form?: URLSearchParams) {
    super('the form has no valid CSRF token');
  }
}

/** The fields of a posted form. Throws `ForeignForm` when its CSRF token is not this browser's. */
export async function readForm(services: Services, ctx: Context): Promise<URLSearchParams> {
  if (!ctx.is('application/x-www-form-urlencoded')) throw new ForeignForm();
  const form = new URLSearchParams(await readText(ctx.req, formLimitBytes));
  if (!isOwnForm(services, ctx, form.get('csrf') ?? undefined)) {
    throw new ForeignForm(ctx.get('sec-fetch-site') === 'same-origin' ? form : undefined);
  }
  return form;
}

/** What to tell the person whose own form had no valid token. */
export function describeStaleForm(ctx: Context): string {
  return ctx.get('cookie') === ''
    ? 'Your browser did not send our cookie. Allow cookies for this site, then send the form again.'
    : 'This page was open for too long, and nothing was saved. Look it over and send it again.';
}

/** Responds to a form that did not pass `readForm`: 403, with the form to be sent again if it was our own. */
export function sendForeignForm(services: Services, ctx: Context, { form }: ForeignForm): void {
  ctx.status = 403;
  const page = { requestId: ctx.state.requestId, supportEmail: services.config.supportEmail };
  if (form) {
    const fields = [...form].filter(([name]) => name !== 'csrf' && !isPasswordField(name));
    const { csrf } = pageProps(services, ctx);
    sendPage(
      ctx,
      sendAgainPage({ ...page, problem: describeStaleForm(ctx), action: ctx.path, csrf, fields }),
    );
    return;
  }
  sendPage(
    ctx,
    errorPage({
      ...page,
      title: 'We did not accept this form',
      problem: 'It came from another site, or your browser did not send our cookie with it.',
      stillStands: 'Nothing was changed.',
      whatToDo: 'Allow cookies for this site, then open the page again.',
      link: { href: paths.home, label: 'To the start' },
    }),
  );
}

/** Passwords are never put into a page, a cookie or a log. */
export const isPasswordField = (name: string): boolean => /password/.test(name);

/** A path of our own to go on to, or undefined: never another site, whatever a query says. */
export function ownPath(text: string | null | undefined): string | undefined {
  return text && /^\/(?![/\\])[\x21-\x7e]*$/.test(text) ? text : undefined;
}
