/**
 * The password that a signed-in person types again before a change that a borrowed browser must not make. Wrong
 * ones count like wrong ones at sign-in, in the budget of this session.
 */
import { DomainError } from '../../shared/errors.js';
import { attemptPassword } from '../../shared/identity/attempts/password-attempts.js';
import { RateLimitedError } from '../../shared/limiter/rate-limited-error.js';
import type { FieldErrors } from '../../shared/ui/label.js';
import { setRefused, tooManyTries } from '../http/limits.js';
import type { PageRequest } from './signed-in-router.js';

/**
 * Runs `act`, which compares the password and throws `wrong_password`. After too many wrong ones `again` shows the
 * form with the time to wait at `field`, and `act` does not run.
 */
export async function withOwnPassword(
  { services, ctx, user, sessionUid }: PageRequest,
  field: string,
  again: (errors: FieldErrors) => Promise<void>,
  act: () => Promise<void>,
): Promise<void> {
  try {
    const source = { email: user.email, ipAddress: ctx.ip, browser: sessionUid };
    const attempt = await attemptPassword(services, source);
    try {
      await act();
      await attempt.giveBack();
    } catch (error) {
      if (error instanceof DomainError && error.code !== 'wrong_password') await attempt.giveBack();
      throw error;
    }
  } catch (error) {
    if (!(error instanceof RateLimitedError)) throw error;
    setRefused(ctx, error.decision);
    await again({ [field]: tooManyTries(error.decision) });
  }
}
