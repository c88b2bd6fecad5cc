/**
 * What stands around oidc-provider's device flow (RFC 8628): the interval in its answer, a link that brings the code
 * along and never sends it by itself, and a limit for those who guess codes. The pages are bound to the session in
 * which they were opened by the library's own `xsrf`.
 */
import type { KoaContextWithOIDC } from 'oidc-provider';
import { addressSubject } from '../../shared/limiter/subjects.js';
import type { Services } from '../../shared/services.js';
import { type Attempt, setRefused, takeLimits, waitInWords } from '../http/limits.js';
import { sendCodePage } from './device-pages.js';
import { sendOver } from './protocol-pages.js';

/** Seconds between two polls of a device, as it is told. */
const pollSeconds = 5;

/** Middleware for `POST /device/auth`, on the provider itself. */
export function deviceAuthorizationEndpoint() {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    await next();
    if (ctx.status === 200) Object.assign(ctx.body as object, { interval: pollSeconds });
  };
}

/** Middleware for `/device`, where a person enters the code. */
export function deviceCodeEndpoint(services: Services) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    if (ctx.method === 'POST') return limitGuesses(services, ctx, next);
    const { user_code: code } = ctx.query;
    // The library would send the code on by a script; a person is to look at it first.
    ctx.query = {};
    ctx.state.deviceCodeInLink = typeof code === 'string' ? code : undefined;
    await next();
  };
}

/**
 * Middleware for `/device/:uid`, the return from sign-in or consent. In a browser that did not begin there (a copied
 * or an old link) the library notes its refusal in a session that was never stored, and fails on that.
 */
export function deviceResumption(services: Services) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    try {
      await next();
    } catch (error) {
      const stored = ctx.oidc.session?.exp !== undefined;
      if (stored || !(error instanceof TypeError)) throw error;
      sendOver(services, ctx);
    }
  };
}

/** Charged before the look-up and given back to those who knew a code: guesses made at once count one by one. */
async function limitGuesses(
  services: Services,
  ctx: KoaContextWithOIDC,
  next: () => Promise<void>,
): Promise<void> {
  const attempt: Attempt = { limit: 'deviceCodeEntry', subject: addressSubject(ctx.ip) };
  const decision = await takeLimits(services, [attempt]);
  if (!decision.allowed) {
    setRefused(ctx, decision);
    const wait = decision.refusedBy ? ` Try again in ${waitInWords(decision.refusedBy)}.` : '';
    return sendCodePage(services, ctx, { xsrf: '', error: `Too many codes were tried from here.${wait}` });
  }
  await next();
  if (ctx.state.deviceCodeWrong !== true) await takeLimits(services, [{ ...attempt, cost: -1 }]);
}
