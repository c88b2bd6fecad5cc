/**
 * What stands around oidc-provider's logout endpoint (OpenID Connect RP-Initiated Logout). Where nobody is signed in
 * there is nothing to ask: the library would post its own form by a script, we go straight to the end of the way.
 * An app that nobody vouches for gets a page there and no redirect, as with errors (authorization-endpoint).
 */
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Services } from '../../shared/services.js';
import { isVouchedFor } from '../clients/trust-level.js';
import { seeOther } from '../http/page.js';
import { renderSignedOut } from './protocol-pages.js';

/** Middleware for `/session/end`, on the provider itself. */
export function signOutEndpoint(services: Services) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    await next();
    if (ctx.status !== 200 || ctx.oidc.session?.accountId) return;
    const { client, params } = ctx.oidc;
    // Registered for this client, or the library would have refused or dropped it.
    const target = params?.post_logout_redirect_uri;
    if (typeof target !== 'string' || !client || !(await isVouchedFor(services, client.clientId))) {
      renderSignedOut(services, ctx);
      return;
    }
    const url = new URL(target);
    if (typeof params?.state === 'string') url.searchParams.set('state', params.state);
    seeOther(ctx, url.href);
  };
}
