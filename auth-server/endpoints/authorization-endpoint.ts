/**
 * What stands around oidc-provider's authorization endpoint. Two things are stricter here than there: a redirect URI
 * that is given twice leads nowhere, and an app that nobody vouches for cannot use us as an open redirector.
 */
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { addressSubject } from '../../shared/limiter/subjects.js';
import type { Services } from '../../shared/services.js';
import { isVouchedFor } from '../clients/trust-level.js';
import { setRefused, takeLimits } from '../http/limits.js';
import { noteBrowser } from '../sign-in/person.js';
import { meaninglessParameters } from './form-body.js';
import { renderProtocolError, sendHeldBack, sendOver } from './protocol-pages.js';

/** Middleware for `GET /authorize` and for the return from interactions, on the provider itself. */
export function authorizationEndpoint(services: Services) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    if (Array.isArray(ctx.query.redirect_uri)) {
      ctx.status = 400;
      const error_description = "'redirect_uri' parameter must not be provided twice";
      const out = { error: 'invalid_request', error_description };
      return renderProtocolError(services, ctx, out, new Error(error_description));
    }
    dropMeaningless(ctx);
    const isNew = ctx.path === '/authorize';
    if (isNew && !(await mayAsk(services, ctx))) return;
    try {
      await next();
    } catch (error) {
      // The session was refused after oidc-provider's own handling of errors.
      if (!(error instanceof errors.SessionNotFound)) throw error;
      ctx.remove('location');
      return sendOver(services, ctx);
    }
    const { session, result } = ctx.oidc ?? {};
    if (session && result?.login) await noteBrowser(services, ctx, session.uid);
    await holdBackError(services, ctx);
  };
}

function dropMeaningless(ctx: KoaContextWithOIDC): void {
  const { scope } = ctx.query;
  const dropped = meaninglessParameters(typeof scope === 'string' ? scope : undefined);
  const kept = Object.entries(ctx.query).filter(([name]) => !dropped.includes(name));
  if (kept.length < Object.keys(ctx.query).length) ctx.query = Object.fromEntries(kept);
}

/** Charges a new authorization request to its IP address; sends the refusal when there were too many. */
async function mayAsk(services: Services, ctx: KoaContextWithOIDC): Promise<boolean> {
  const attempt = { limit: 'authorization', subject: addressSubject(ctx.ip) } as const;
  const decision = await takeLimits(services, [attempt]);
  if (decision.allowed) return true;
  const error_description = 'too many authorization requests from this IP address; wait a moment';
  const out = { error: 'temporarily_unavailable', error_description };
  await renderProtocolError(services, ctx, out, new Error(error_description));
  setRefused(ctx, decision);
  return false;
}

/**
 * An error that goes back before anybody has signed in would make every redirect URI of an app that nobody vouches
 * for a link under our name to anywhere (RFC 9700 section 4.11.2). Such a redirect becomes a page that says where it
 * would lead. The errors of `prompt=none` are among them.
 */
async function holdBackError(services: Services, ctx: KoaContextWithOIDC): Promise<void> {
  const { client, session } = ctx.oidc ?? {};
  const location = ctx.response.get('location');
  if (!client || session?.accountId || !URL.canParse(location)) return;
  const target = new URL(location);
  const answer = [target.searchParams, new URLSearchParams(target.hash.slice(1))];
  const error = answer.find((parameters) => parameters.has('error'));
  if (!error) return;
  if (await isVouchedFor(services, client.clientId)) return;
  ctx.remove('location');
  ctx.status = 400;
  sendHeldBack(services, ctx, target, error);
}
