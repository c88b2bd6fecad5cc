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

/** A form that is not from a page of ours. Nothing was done. */
export class ForeignForm extends Error {}

/** The fields of a posted form. Throws `ForeignForm` when its CSRF token is not this browser's. */
export async function readForm(services: Services, ctx: Context): Promise<URLSearchParams> {
  if (!ctx.is('application/x-www-form-urlencoded')) throw new ForeignForm();
  const form = new URLSearchParams(await readText(ctx.req, formLimitBytes));
  if (!isOwnForm(services, ctx, form.get('csrf') ?? undefined)) throw new ForeignForm();
  return form;
}

/** The page for a form that did not pass `readForm`. */
export function sendForeignForm(services: Services, ctx: Context): void {
  ctx.status = 403;
  sendPage(
    ctx,
    errorPage({
      title: 'That form was not ours',
      problem: 'The form did not come from a page that we showed in this browser, or that page was too old.',
      stillStands: 'Nothing was changed.',
      whatToDo: 'Go back, load the page again, and send the form once more.',
      requestId: ctx.state.requestId,
      supportEmail: services.config.supportEmail,
    }),
  );
}

/** A path of our own to go on to, or undefined: never another site, whatever a query says. */
export function ownPath(text: string | null | undefined): string | undefined {
  return text && /^\/(?![/\\])[\x21-\x7e]*$/.test(text) ? text : undefined;
}
