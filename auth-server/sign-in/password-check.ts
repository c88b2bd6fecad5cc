/**
 * Whether the address and the password that a form brings belong together: the one place that asks, for our own
 * pages and on the way to an app. Wrong address and wrong password are one answer.
 */
import type { Context } from 'koa';
import { DomainError } from '../../shared/errors.js';
import type { User } from '../../shared/identity/people/users.js';
import { signIn } from '../../shared/identity/sign-in/sign-in.js';
import { RateLimitedError } from '../../shared/limiter/rate-limited-error.js';
import type { Services } from '../../shared/services.js';
import { setRefused, tooManyTries } from '../http/limits.js';
import { findKnownBrowser, markBrowser } from './known-browser.js';
import { originOf } from './person.js';

/** The one text for every sign-in that did not work. */
export const signInFailure = 'That address and password do not belong together.';

export type PasswordCheck = { user: User } | { error: string };

/** The person, or what to tell them; then the answer's status is set already. */
export async function checkPassword(
  services: Services,
  ctx: Context,
  email: string,
  password: string,
): Promise<PasswordCheck> {
  try {
    const browser = findKnownBrowser(services, ctx, email);
    const user = await signIn(services, { email, password, evenUnverified: true, browser }, originOf(ctx));
    if (browser === undefined) markBrowser(services, ctx, email);
    return { user };
  } catch (error) {
    if (error instanceof RateLimitedError) {
      setRefused(ctx, error.decision);
      return { error: tooManyTries(error.decision) };
    }
    if (!(error instanceof DomainError) || error.code !== 'wrong_password') throw error;
    ctx.status = 401;
    return { error: signInFailure };
  }
}
