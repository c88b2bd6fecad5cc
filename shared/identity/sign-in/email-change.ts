/**
 * Another address for an account. The old one is told before it is too late, the new one must confirm, and nobody
 * learns on the way whether the new one has an account of its own.
 */
import { recordAudit } from '../../audit/audit.js';
import { sqlNow } from '../../clock.js';
import { parseEmail } from '../../email.js';
import { DomainError } from '../../errors.js';
import { pageUrls } from '../../http/page-urls.js';
import { queueLimitedMail, queueMail } from '../../mail/mail.js';
import { inTransaction, type Services } from '../../services.js';
import {
  addressChangeAskedMail,
  addressChangedMail,
  addressTakenMail,
  confirmNewAddressMail,
} from '../mails/email-change.js';
import { auditOrigin, type Origin } from '../people/origin.js';
import { noteMailboxProven } from '../people/unclaimed-agents.js';
import { findUserByEmail, findUserById, isEmailTaken, type User } from '../people/users.js';
import { createEmailLink, type LinkProblem, redeemEmailLink } from './email-links.js';
import { getUserWithPassword } from './password-change.js';
import { endSignIns } from './sign-ins.js';

/** Mails a link to the new address and a notice to the old one. Throws `wrong_password` and `validation`. */
export async function requestEmailChange(
  services: Services,
  input: { userId: string; password: string; newEmail: string },
  origin: Origin,
): Promise<void> {
  const newEmail = parseEmail(input.newEmail, 'new_email');
  const user = await getUserWithPassword(services, input.userId, input.password);
  if (newEmail === user.email) {
    throw new DomainError('validation', { field: 'new_email', message: 'this is your address already' });
  }
  await inTransaction(services, async (tx) => {
    const holder = await findUserByEmail(tx, newEmail);
    if (holder && holder.id !== user.id) {
      await queueLimitedMail(tx, 'email_change', { to: holder.email, ...addressTakenMail(tx, origin) });
    } else {
      const token = await createEmailLink(tx, {
        purpose: 'change_email',
        accountId: user.id,
        email: newEmail,
      });
      const link = pageUrls.confirmEmail(tx.config, { token });
      await queueLimitedMail(tx, 'email_change', {
        to: newEmail,
        accountId: user.id,
        ...confirmNewAddressMail(tx, link, origin),
      });
    }
    await queueMail(tx, {
      to: user.email,
      accountId: user.id,
      ...addressChangeAskedMail(tx, newEmail, origin),
    });
    await recordAudit(tx, {
      accountId: user.id,
      action: 'user.email_change_requested',
      actor: { kind: 'person', id: user.id },
      ...auditOrigin(origin, { email: newEmail }),
    });
  });
}

/** The address that waits to be confirmed, if there is one. */
export async function findPendingEmail(services: Services, userId: string): Promise<string | undefined> {
  const row = await services
    .db('email_links')
    .where({ purpose: 'change_email', account_id: userId, used_at: null })
    .where('expires_at', '>', sqlNow(services))
    .first('email');
  return row?.email;
}

/**
 * Makes the link's address the account's, and ends every sign-in but the session that confirms; connected apps
 * stay. `taken`: another account got the address meanwhile.
 */
export async function confirmEmailChange(
  services: Services,
  { token, sessionUid }: { token: string; sessionUid?: string },
  origin: Origin,
): Promise<{ user: User } | { problem: LinkProblem | 'taken' }> {
  try {
    return await inTransaction(services, async (tx) => {
      const redeemed = await redeemEmailLink(tx, 'change_email', token, origin);
      if ('problem' in redeemed) return redeemed;
      const { accountId, email } = redeemed.link;
      const before = await findUserById(tx, accountId);
      if ('repeated' in redeemed && before?.email === email) return { user: before };
      if (before?.status !== 'active') return { problem: 'unknown' };
      await tx
        .db('users')
        .where({ id: accountId })
        .update({ email, email_verified_at: sqlNow(tx) });
      await noteMailboxProven(tx, email);
      await endSignIns(
        tx,
        accountId,
        { kind: 'person', id: accountId, ...origin },
        { sessionUid, grants: true },
      );
      await recordAudit(tx, {
        accountId,
        action: 'user.email_changed',
        actor: { kind: 'person', id: accountId },
        ...auditOrigin(origin, { email }),
      });
      await queueMail(tx, { to: before.email, accountId, ...addressChangedMail(tx, email, origin) });
      const user = await findUserById(tx, accountId);
      return user ? { user } : { problem: 'unknown' };
    });
  } catch (error) {
    if (isEmailTaken(error)) return { problem: 'taken' };
    throw error;
  }
}
