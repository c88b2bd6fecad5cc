/**
 * The pages that oidc-provider asks us for: protocol errors that cannot go back to an app, and signing out.
 */
import type { Context } from 'koa';
import type { ErrorOut, KoaContextWithOIDC } from 'oidc-provider';
import type { Services } from '../../shared/services.js';
import { toVisibleLine } from '../../shared/ui/foreign-text.js';
import { findClient, type RegisteredClient } from '../clients/client-registry.js';
import { pageProps, sendPage } from '../http/page.js';
import { errorPage } from '../pages/error.js';
import { signedOutPage, signOutPage } from '../pages/sign-out.js';

/** Answers a protocol error in the form that the caller reads; the page names no internal detail. */
export async function renderProtocolError(
  services: Services,
  ctx: KoaContextWithOIDC,
  out: ErrorOut,
  error: Error,
): Promise<void> {
  if (error.name === 'SessionNotFound') {
    sendOver(services, ctx);
    return;
  }
  const client = out.error === 'invalid_client' ? await findNamedClient(services, ctx) : undefined;
  if (client && !client.active) {
    sendSwitchedOff(services, ctx, client.name);
    return;
  }
  const requestId = ctx.response.get('x-request-id');
  const internal = out.error === 'server_error';
  sendPage(
    ctx,
    errorPage({
      title: internal ? 'Something went wrong on our side' : 'This app sent a request that we cannot follow',
      problem: internal
        ? 'We could not finish this request.'
        : `${out.error}: ${out.error_description ?? ''}`,
      stillStands: 'Nothing was shared.',
      whatToDo: internal
        ? 'Please try again in a moment.'
        : 'Tell the people who make the app what stands above.',
      requestId,
      supportEmail: services.config.supportEmail,
    }),
  );
}

/** The client that a browser's request names, whether or not it may be used. */
async function findNamedClient(
  services: Services,
  ctx: KoaContextWithOIDC,
): Promise<RegisteredClient | undefined> {
  const id = ctx.method === 'GET' ? ctx.query.client_id : ctx.oidc.params?.client_id;
  return typeof id === 'string' ? findClient(services, id) : undefined;
}

/** An app that its owner or an operator disabled: the person who followed its link can do nothing about it. */
function sendSwitchedOff(services: Services, ctx: Context, name: string): void {
  sendPage(
    ctx,
    errorPage({
      title: `${toVisibleLine(name, 60)} is switched off`,
      problem: 'The people who make this app have switched it off.',
      stillStands: 'Nothing was shared, and there is nothing for you to do.',
      requestId: ctx.response.get('x-request-id'),
      supportEmail: services.config.supportEmail,
    }),
  );
}

/** The page instead of an error's redirect to an app that nobody vouches for; a person may still choose to go. */
export function sendHeldBack(services: Services, ctx: Context, target: URL, error: URLSearchParams): void {
  const web = target.protocol === 'https:' || target.protocol === 'http:';
  const place = web ? target.host : `an app on this device, by ${target.protocol}`;
  sendPage(
    ctx,
    errorPage({
      title: 'This app sent a request that we cannot follow',
      problem: `${error.get('error')}: ${error.get('error_description') ?? ''}`,
      stillStands: 'Nothing was shared.',
      whatToDo: `Nobody has checked this app. It would take you to ${place}.`,
      requestId: ctx.response.get('x-request-id'),
      supportEmail: services.config.supportEmail,
      link: { href: target.href, label: web ? `Go to ${place}` : 'Go to the app' },
    }),
  );
}

/** The page for an authorization that was answered, or that waited for too long. */
export function sendOver(services: Services, ctx: Context): void {
  ctx.status = 400;
  sendPage(
    ctx,
    errorPage({
      title: 'This request is over',
      problem: 'It was answered already, in this or another tab, or it waited for too long.',
      stillStands: 'Whatever you decided before still stands.',
      whatToDo: 'Go back to the app and start again from there.',
      requestId: ctx.response.get('x-request-id'),
      supportEmail: services.config.supportEmail,
    }),
  );
}

/** RP-initiated logout asks before it signs out; `form` is the library's own, from which we take its token. */
export function renderSignOut(services: Services, ctx: KoaContextWithOIDC, form: string): void {
  const action = /action="([^"]+)"/.exec(form)?.[1] ?? '';
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(form)?.[1] ?? '';
  const appName = ctx.oidc.client?.clientName;
  const redirects = ctx.oidc.client?.postLogoutRedirectUris ?? [];
  sendPage(ctx, signOutPage({ ...pageProps(services, ctx), action, hidden: { xsrf }, appName }), redirects);
}

export function renderSignedOut(services: Services, ctx: KoaContextWithOIDC): void {
  sendPage(ctx, signedOutPage({ supportEmail: services.config.supportEmail }));
}
