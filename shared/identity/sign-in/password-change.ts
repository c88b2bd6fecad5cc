/** A new password by someone who knows the old one. */
import { recordAudit } from '../../audit/audit.js';
import { verifyPassword } from '../../crypto/passwords.js';
import { DomainError } from '../../errors.js';
import { queueMail } from '../../mail/mail.js';
import { inTransaction, type Services } from '../../services.js';
import { passwordChangedMail } from '../mails/password.js';
import { hashNewPassword } from '../passwords/new-passwords.js';
import { auditOrigin, type Origin } from '../people/origin.js';
import { findUserById, type User } from '../people/users.js';
import { endSignIns } from './sign-ins.js';

/**
 * Changes the password and ends every sign-in but the session that asks. Returns the person as they are now, whose
 * `tokenVersion` a new JWT needs. Throws `wrong_password` and `validation`.
 */
export async function changePassword(
  services: Services,
  input: { userId: string; currentPassword: string; newPassword: string; sessionUid?: string },
  origin: Origin,
): Promise<User> {
  const { userId, sessionUid } = input;
  const user = await getUserWithPassword(services, userId, input.currentPassword);
  const passwordHash = await hashNewPassword(services.config, input.newPassword, user, 'new_password');
  return inTransaction(services, async (tx) => {
    // Of two changes at the same moment one was made with a password that is no longer the current one.
    const changed = await tx
      .db('users')
      .where({ id: userId, status: 'active', password_hash: user.passwordHash })
      .update({ password_hash: passwordHash });
    if (changed === 0) throw new DomainError('wrong_password');
    await endSignIns(tx, userId, { kind: 'person', id: userId, ...origin }, { sessionUid });
    await recordAudit(tx, {
      accountId: userId,
      action: 'user.password_changed',
      actor: { kind: 'person', id: userId },
      ...auditOrigin(origin),
    });
    await queueMail(tx, { to: user.email, accountId: user.id, ...passwordChangedMail(tx, origin) });
    return (await findUserById(tx, userId)) ?? user;
  });
}

/**
 * The person, if this is their password: asked for again before anything that a borrowed browser must not do.
 * Throws `wrong_password`, and `validation` for someone who has none yet.
 */
export async function getUserWithPassword(
  services: Services,
  userId: string,
  password: string,
): Promise<User> {
  const user = await findUserById(services, userId);
  if (user?.status === 'active' && user.passwordHash === null) {
    throw new DomainError('validation', {
      field: 'password',
      message: 'this account has no password yet: choose one by the link for a forgotten password',
    });
  }
  const matches = await verifyPassword(services.config, password, user?.passwordHash);
  if (!matches || user?.status !== 'active') throw new DomainError('wrong_password');
  return user;
}
