/**
 * How people come in: they sign up, and they show that the address is theirs. Signing up tells nobody whether an
 * address has an account; only its mailbox learns that.
 *
 * An address that was never confirmed proves nothing, and neither does the password beside it: a stranger may have
 * signed up with it first and be waiting. Whoever proves the address later, other than by the link of that very
 * sign-up, gets a password of their own and not the stranger's.
 */
import { recordAudit } from '../../audit/audit.js';
import { announceChange } from '../../changes/changes.js';
import { sqlNow } from '../../clock.js';
import { canonicalEmail, parseEmail } from '../../email.js';
import { DomainError } from '../../errors.js';
import { pageUrls, withQuery } from '../../http/page-urls.js';
import { newId } from '../../ids.js';
import { queueLimitedMail, queueMail, takeMail } from '../../mail/mail.js';
import { inTransaction, type Services } from '../../services.js';
import { knownAddressMail, unfinishedSignUpMail, verificationMail } from '../mails/sign-up.js';
import { auditOrigin, type Origin, stranger } from '../people/origin.js';
import { noteMailboxProven } from '../people/unclaimed-agents.js';
import { createUser, findUserByEmail, type User } from '../people/users.js';
import { createEmailLink, type LinkProblem, redeemEmailLink } from './email-links.js';
import { performOrSimulate } from './equal-effort.js';
import { createOneTimeCode, redeemOneTimeCode } from './one-time-codes.js';

/** What the code of a sign-up opens; no product has this id. */
const codePurpose = 'sign-up';

export interface SignUp {
  email: string;
  name: string;
  password: string;
  /** "I take tasks". */
  human?: boolean;
}

export interface VerificationPage {
  /** The page that the link leads to, without the token; the authorization server's own by default. */
  page?: string;
  /** Where the person was going; handed on as `return_to`. */
  returnTo?: string;
  /** A secret of the requesting browser, which has tries of its own at the code. */
  browser?: string;
}

/** Signs someone up, and answers the same for an address that is known: its owner is told by mail. Throws `validation`. */
export async function signUp(
  services: Services,
  input: SignUp,
  origin: Origin,
  verification: VerificationPage = {},
): Promise<void> {
  try {
    await registerUser(services, input, origin, verification);
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'already_registered') throw error;
    await tellKnownAddress(services, parseEmail(input.email), origin);
  }
}

/** The same where the product's documents want a known address told: throws `already_registered`, and `validation`. */
export async function registerUser(
  services: Services,
  input: SignUp,
  origin: Origin,
  verification: VerificationPage = {},
): Promise<User> {
  return inTransaction(services, async (tx) => {
    const { email, name, password, human } = input;
    const user = await createUser(tx, { email, name, password, human }, undefined, origin);
    await mailVerification(tx, user, origin, verification);
    return user;
  });
}

async function tellKnownAddress(services: Services, email: string, origin: Origin): Promise<void> {
  await inTransaction(services, async (tx) => {
    const user = await findUserByEmail(tx, email);
    if (user?.status !== 'active') return;
    if (user.emailVerifiedAt) {
      await queueLimitedMail(tx, 'sign_up', { to: user.email, ...knownAddressMail(tx, origin) });
    } else {
      const token = await createEmailLink(tx, {
        purpose: 'reset_password',
        accountId: user.id,
        email: user.email,
      });
      const link = pageUrls.reset(tx.config, { token });
      await queueLimitedMail(tx, 'sign_up', { to: user.email, ...unfinishedSignUpMail(tx, link, origin) });
    }
    await recordAudit(tx, {
      accountId: user.id,
      action: 'user.sign_up_repeated',
      actor: stranger,
      target: { kind: 'user', id: user.id },
      ...auditOrigin(origin),
    });
  });
}

/** Sends the link again, if there is someone who needs it; the answer and its time are the same for any address. */
export async function resendVerification(
  services: Services,
  { email }: { email: string },
  origin: Origin,
  verification: VerificationPage = {},
): Promise<void> {
  const address = parseEmail(email);
  await inTransaction(services, async (tx) => {
    const user = await findUserByEmail(tx, address);
    const waits = user?.status === 'active' && user.emailVerifiedAt === null;
    const addressee = waits ? user : { id: newId(), email: address };
    await performOrSimulate(tx, waits, (inner) => mailVerification(inner, addressee, origin, verification));
    await recordAudit(tx, {
      accountId: user?.id ?? null,
      action: 'user.verification_requested',
      actor: stranger,
      details: { sent: waits },
      ...auditOrigin(origin),
    });
  });
}

async function mailVerification(
  tx: Services,
  { id, email }: Pick<User, 'id' | 'email'>,
  origin: Origin,
  { page, returnTo, browser }: VerificationPage,
): Promise<void> {
  if (!(await takeMail(tx, 'sign_up', email))) return;
  const token = await createEmailLink(tx, { purpose: 'verify_email', accountId: id, email });
  const link = withQuery(page ?? pageUrls.verify(tx.config), { token, return_to: returnTo });
  // A product's own page asks for the link alone.
  const code =
    page === undefined ? await createOneTimeCode(tx, { purpose: codePurpose, email, browser }) : undefined;
  await queueMail(tx, { to: email, accountId: id, ...verificationMail(tx, link, origin, code) });
}

/**
 * Confirms the address that the link was sent to. For exactly one caller, however often it is opened; a repetition
 * by the same caller within a moment gives the same person.
 */
export async function verifyEmail(
  services: Services,
  token: string,
  origin: Origin,
): Promise<{ user: User } | { problem: LinkProblem }> {
  return inTransaction(services, async (tx) => {
    const redeemed = await redeemEmailLink(tx, 'verify_email', token, origin);
    if ('problem' in redeemed) return redeemed;
    const { accountId, email } = redeemed.link;
    const repeated = 'repeated' in redeemed ? await findUserByEmail(tx, email) : undefined;
    if (repeated?.id === accountId) return { user: repeated };
    const user = await markVerified(tx, accountId, email, origin);
    return user ? { user } : { problem: 'unknown' };
  });
}

/**
 * Confirms an address by the code of the same mail, for people whose mail is on another device. undefined for a code
 * that is wrong, used or too old; the try then counts, so do not call it inside a transaction.
 */
export async function verifyEmailByCode(
  services: Services,
  { email, code, browser }: { email: string; code: string; browser?: string },
  origin: Origin,
): Promise<User | undefined> {
  return inTransaction(services, async (tx) => {
    const redeemed = await redeemOneTimeCode(tx, { purpose: codePurpose, email, code, browser }, origin);
    if (!redeemed) return undefined;
    const user = await findUserByEmail(tx, email);
    if (redeemed.repeated) return user;
    return user && markVerified(tx, user.id, user.email, origin);
  });
}

/** Notes that the address was proven; undefined when it is no longer the account's, or the account is not active. */
export async function markVerified(
  tx: Services,
  accountId: string,
  email: string,
  origin: Origin,
): Promise<User | undefined> {
  const changed = await tx
    .db('users')
    .where({ id: accountId, status: 'active', email: canonicalEmail(email) })
    .update({ email_verified_at: tx.db.raw('coalesce(email_verified_at, ?)', [sqlNow(tx)]) });
  if (changed === 0) return undefined;
  await noteMailboxProven(tx, email);
  await announceChange(tx, { kind: 'account', id: accountId });
  await recordAudit(tx, {
    accountId,
    action: 'user.email_verified',
    actor: { kind: 'person', id: accountId },
    target: { kind: 'user', id: accountId },
    ...auditOrigin(origin, { email }),
  });
  return findUserByEmail(tx, email);
}
