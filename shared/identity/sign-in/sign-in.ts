/**
 * Signing in with a password. Unknown address, wrong password and disabled account are one answer after the same
 * work; that the address is unconfirmed is told only to someone who knows the password.
 */
import { recordAudit } from '../../audit/audit.js';
import { verifyPassword } from '../../crypto/passwords.js';
import { DomainError } from '../../errors.js';
import type { Services } from '../../services.js';
import { attemptPassword } from '../attempts/password-attempts.js';
import { auditOrigin, type Origin, stranger } from '../people/origin.js';
import { findUserByEmail, type User } from '../people/users.js';

type Refusal = 'unknown_address' | 'wrong_password' | 'disabled' | 'unverified';

export interface SignInAttempt {
  email: string;
  password: string;
  /** Where they sign in, for the audit log: a product's id, or nothing for the authorization server. */
  at?: string;
  /** Lets in who has not confirmed their address yet. */
  evenUnverified?: boolean;
  /** The id of a browser in which this account was signed in to before: it has a budget of its own. */
  browser?: string;
}

/**
 * The person whose address and password these are. Throws `wrong_password` and `email_not_verified`, which are
 * audited, so do not call it inside a transaction that the error would roll back; and `RateLimitedError` after too
 * many wrong passwords.
 */
export async function signIn(
  services: Services,
  { email, password, at, evenUnverified = false, browser }: SignInAttempt,
  origin: Origin,
): Promise<User> {
  const attempt = await attemptPassword(services, { email, ipAddress: origin.address, browser });
  const user = await findUserByEmail(services, email);
  const matches = await verifyPassword(services.config, password, user?.passwordHash);
  const refusal = findRefusal(user, matches, evenUnverified);
  if (user && refusal === undefined) {
    await attempt.succeed(user);
    await auditSignIn(services, user, { method: 'password', at }, origin);
    return user;
  }
  if (refusal === 'unverified') await attempt.giveBack();
  await auditRefusal(services, user, { method: 'password', at, reason: refusal }, origin);
  throw new DomainError(refusal === 'unverified' ? 'email_not_verified' : 'wrong_password');
}

function findRefusal(user: User | undefined, matches: boolean, evenUnverified: boolean): Refusal | undefined {
  if (!user) return 'unknown_address';
  if (!matches) return 'wrong_password';
  if (user.status !== 'active') return 'disabled';
  if (user.emailVerifiedAt === null && !evenUnverified) return 'unverified';
  return undefined;
}

export interface SignInDetails {
  method: 'password' | 'code';
  at?: string;
}

export async function auditSignIn(
  services: Services,
  user: Pick<User, 'id'>,
  details: SignInDetails,
  origin: Origin,
): Promise<void> {
  await recordAudit(services, {
    accountId: user.id,
    action: 'user.signed_in',
    actor: { kind: 'person', id: user.id },
    details: { ...details },
    ...auditOrigin(origin),
  });
}

/** An address that nobody has is not written down: it belongs to someone who never came to us. */
export async function auditRefusal(
  services: Services,
  user: Pick<User, 'id'> | undefined,
  details: SignInDetails & { reason: string | undefined },
  origin: Origin,
): Promise<void> {
  await recordAudit(services, {
    accountId: user?.id ?? null,
    action: 'user.sign_in_failed',
    actor: stranger,
    details: { ...details },
    ...auditOrigin(origin),
  });
}
