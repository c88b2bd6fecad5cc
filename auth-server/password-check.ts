/**
 * Whether the address and the password that a form brings belong together: the one place that asks, for our own
 * pages and on the way to an app. Wrong address and wrong password are one answer.
 */
import type { Context } from 'koa';
import { recordAudit } from '../shared/audit.js';
import { authenticateUser, type User } from '../shared/identity/users.js';
import type { Services } from '../shared/services.js';
import { setRefused, waitInWords } from './limits.js';
import { auditSignIn } from './person.js';
import { attemptSignIn } from './sign-in-limits.js';

/** The one text for every sign-in that did not work. */
const signInFailure = 'That address and password do not belong together.';

export type PasswordCheck = { user: User } | { error: string };

/** The person, or what to tell them; then the answer's status is set already. */
export async function checkPassword(
  services: Services,
  ctx: Context,
  email: string,
  password: string,
): Promise<PasswordCheck> {
  const attempt = await attemptSignIn(services, ctx, email);
  const { refusedBy } = attempt.decision;
  if (refusedBy) {
    setRefused(ctx, attempt.decision);
    return { error: `Too many tries. Wait ${waitInWords(refusedBy)}, then try again.` };
  }
  const user = await authenticateUser(services, email, password);
  if (!user) {
    await recordAudit(services, {
      accountId: null,
      action: 'user.sign_in_failed',
      actor: { kind: 'system', id: 'sign-in' },
      requestId: ctx.state.requestId,
      personal: { address: ctx.ip, email: email.slice(0, 254) },
    });
    ctx.status = 401;
    return { error: signInFailure };
  }
  await attempt.succeed();
  await auditSignIn(services, ctx, user);
  return { user };
}
