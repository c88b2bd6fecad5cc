/**
 * Marks the browser in which somebody signed up with an address, so that proving the address signs that browser in.
 * In any other browser the link only confirms: a link that is forwarded must sign nobody in.
 */
import type { Context } from 'koa';
import { open, seal } from '../../shared/crypto/secrets.js';
import { canonicalEmail } from '../../shared/email.js';
import type { Services } from '../../shared/services.js';

const context = 'sign-up';
/** As long as the link in the mail. */
const lifetimeMs = 86_400_000;

const isSecure = ({ config }: Services): boolean => config.issuer.startsWith('https:');

const cookieName = (services: Services): string =>
  isSecure(services) ? '__Host-latchkey_signup' : 'latchkey_signup';

export interface SignUpBrowser {
  email: string;
  /** A secret of this browser, which has tries of its own at the code. */
  browser: string;
}

export function markSignUpBrowser(services: Services, ctx: Context, { email, browser }: SignUpBrowser): void {
  const text = JSON.stringify({ email: canonicalEmail(email), browser, at: services.clock.ms() });
  const sealed = seal(services.config, 'kept-form', text, context);
  ctx.cookies.set(cookieName(services), encodeURIComponent(sealed), {
    httpOnly: true,
    sameSite: 'lax',
    secure: isSecure(services),
    path: '/',
    maxAge: lifetimeMs,
    overwrite: true,
  });
}

/** The email with which somebody signed up in this browser, within a day. */
export const findSignUpEmail = (services: Services, ctx: Context): string | undefined =>
  findSignUpBrowser(services, ctx)?.email;

export function findSignUpBrowser(services: Services, ctx: Context): SignUpBrowser | undefined {
  const cookie = ctx.cookies.get(cookieName(services));
  if (!cookie) return undefined;
  try {
    const { email, browser, at } = JSON.parse(
      open(services.config, 'kept-form', decodeURIComponent(cookie), context),
    );
    return at + lifetimeMs >= services.clock.ms() ? { email, browser } : undefined;
  } catch {
    // Sealed under a key that is gone, or not sealed by us.
    return undefined;
  }
}

export function dropSignUpMark(services: Services, ctx: Context): void {
  ctx.cookies.set(cookieName(services), null, { path: '/', overwrite: true });
}
