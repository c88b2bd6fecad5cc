/**
 * A new password for someone who forgot theirs. Asking tells nothing about an address. Opening the link does
 * nothing yet, since mail scanners open links; choosing the password uses it.
 */
import { recordAudit } from '../../audit/audit.js';
import { sqlNow } from '../../clock.js';
import { parseEmail } from '../../email.js';
import { pageUrls } from '../../http/page-urls.js';
import { newId } from '../../ids.js';
import { queueLimitedMail, queueMail } from '../../mail/mail.js';
import { inTransaction, type Services } from '../../services.js';
import { passwordChangedMail, passwordResetMail } from '../mails/password.js';
import { hashNewPassword } from '../passwords/new-passwords.js';
import { auditOrigin, type Origin, stranger } from '../people/origin.js';
import { noteMailboxProven } from '../people/unclaimed-agents.js';
import { findUserByEmail, findUserById, type User } from '../people/users.js';
import { createEmailLink, findEmailLink, type LinkProblem, redeemEmailLink } from './email-links.js';
import { performOrSimulate } from './equal-effort.js';
import { endUnprovenPast } from './first-proof.js';
import { endSignIns } from './sign-ins.js';

/** Mails a link for a new password, if the address has an account; the answer and its time are the same for any. Throws `validation`. */
export async function requestPasswordReset(
  services: Services,
  { email, returnTo }: { email: string; returnTo?: string },
  origin: Origin,
): Promise<void> {
  const address = parseEmail(email);
  await inTransaction(services, async (tx) => {
    const user = await findUserByEmail(tx, address);
    const active = user?.status === 'active';
    const addressee = active ? user : { id: newId(), email: address };
    await performOrSimulate(tx, active, async (inner) => {
      const token = await createEmailLink(inner, {
        purpose: 'reset_password',
        accountId: addressee.id,
        email: addressee.email,
      });
      const link = pageUrls.reset(inner.config, { token, return_to: returnTo });
      await queueLimitedMail(inner, 'password_reset', {
        to: addressee.email,
        ...passwordResetMail(inner, link, origin),
      });
    });
    await recordAudit(tx, {
      accountId: user?.id ?? null,
      action: 'user.password_reset_requested',
      actor: stranger,
      details: { sent: active },
      ...auditOrigin(origin),
    });
  });
}

/**
 * Sets the password with the link's token, once. Whoever has the link has read the mail, so the address counts as
 * confirmed. Everything that was signed in is ended. Throws `validation` and leaves the link usable.
 */
export async function resetPassword(
  services: Services,
  { token, password }: { token: string; password: string },
  origin: Origin,
): Promise<{ user: User } | { problem: LinkProblem }> {
  const found = await findEmailLink(services, 'reset_password', token);
  if ('problem' in found) return found;
  const owner = await findUserById(services, found.link.accountId);
  if (!owner) return { problem: 'unknown' };
  const passwordHash = await hashNewPassword(services.config, password, owner);
  return inTransaction(services, async (tx) => {
    const redeemed = await redeemEmailLink(tx, 'reset_password', token);
    if ('problem' in redeemed) return redeemed;
    const id = redeemed.link.accountId;
    const actor = { kind: 'person', id, ...origin } as const;
    const before = await tx
      .db('users')
      .where({ id, status: 'active' })
      .forUpdate()
      .first('email', 'email_verified_at as verifiedAt');
    if (!before) return { problem: 'unknown' };
    await tx
      .db('users')
      .where({ id })
      .update({ password_hash: passwordHash, email_verified_at: before.verifiedAt ?? sqlNow(tx) });
    await endSignIns(tx, id, actor);
    if (before.verifiedAt === null) {
      await endUnprovenPast(tx, id, actor);
      await noteMailboxProven(tx, before.email);
    }
    await recordAudit(tx, {
      accountId: id,
      action: 'user.password_reset',
      actor: { kind: 'person', id },
      ...auditOrigin(origin),
    });
    const user = await findUserById(tx, id);
    if (!user) return { problem: 'unknown' };
    await queueMail(tx, { to: user.email, accountId: user.id, ...passwordChangedMail(tx, origin) });
    return { user };
  });
}
