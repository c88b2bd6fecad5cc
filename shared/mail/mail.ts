/**
 * Mail. It is a row and a job in the transaction that causes it, so nobody is written to about something that was
 * rolled back, and nothing that happened goes untold. Subject and text are sealed at rest, for they carry links
 * and codes that work; the job carries the row's id alone. The content is deleted some days after.
 */
import { sqlFromNow, sqlNow } from '../clock.js';
import { open, seal } from '../crypto/secrets.js';
import { canonicalEmail } from '../email.js';
import { newId } from '../ids.js';
import { enqueueJob } from '../jobs/queue.js';
import type { LimitCheck } from '../limiter/limit.js';
import { limiterOf } from '../limiter/limiter.js';
import { emailSubject } from '../limiter/subjects.js';
import { inTransaction, type Services } from '../services.js';

export interface MailContent {
  subject: string;
  text: string;
  html?: string;
}

/**
 * Kinds of mail that somebody can have sent to a mailbox that is not theirs. One mailbox gets at most five of each
 * in an hour.
 */
export type LimitedMailKind =
  | 'agent_key'
  | 'email_change'
  | 'invitation'
  | 'password_reset'
  | 'sign_in_code'
  | 'sign_up';

export interface NewMail extends MailContent {
  to: string;
  /** Whose account the mail is about: it is deleted with the account, whatever email it went to. */
  accountId?: string;
}

const mailsOfAKindPerHour = 5;
const mailsForUnknownNetworks = 3;

export interface StoredMail {
  id: string;
  recipient: string;
  sealedContent: string | null;
  state: 'queued' | 'sent' | 'refused';
  createdAt: Date;
}

export const mailColumns = {
  id: 'id',
  recipient: 'recipient',
  sealedContent: 'sealed_content',
  state: 'state',
  createdAt: 'created_at',
};

/** How long the content of a mail is kept, sent or not. */
const contentKeptDays = 7;
const rowKeptDays = 90;

/** Stores a mail and has it sent once the transaction is committed. Returns its id. */
export async function queueMail(services: Services, { to, accountId, ...content }: NewMail): Promise<string> {
  const id = newId();
  await inTransaction(services, async (tx) => {
    await tx.db('mails').insert({
      id,
      recipient: canonicalEmail(to),
      account_id: accountId ?? null,
      sealed_content: seal(tx.config, 'mail', JSON.stringify(content), id),
      created_at: sqlNow(tx),
    });
    await enqueueJob(tx, 'mail.send', { mailId: id });
  });
  return id;
}

/** The same for a mail that anybody can have sent; it is left out when its mailbox got too many of its kind. */
export async function queueLimitedMail(
  services: Services,
  kind: LimitedMailKind,
  mail: NewMail,
): Promise<void> {
  if (await takeMail(services, kind, mail.to)) await queueMail(services, mail);
}

/**
 * Counts a mail of a kind to a mailbox; false when it got five in this hour. Two of them are kept for requests from
 * networks that the account was signed in to from (`known`), so that others cannot use up all.
 */
export async function takeMail(
  services: Services,
  kind: LimitedMailKind,
  to: string,
  { known = true }: { known?: boolean } = {},
): Promise<boolean> {
  const subject = emailSubject(to);
  const window = { kind: 'fixed', seconds: 3600 } as const;
  const checks: LimitCheck[] = [{ name: kind, subject, quota: mailsOfAKindPerHour, window }];
  if (!known) checks.push({ name: `${kind}.unknown`, subject, quota: mailsForUnknownNetworks, window });
  const { allowed } = await limiterOf(services).take('mail', checks);
  if (!allowed) {
    services.logger.info({ event: 'mail.left_out', kind }, 'a mailbox got too many mails of one kind');
  }
  return allowed;
}

/** undefined once the content was deleted. */
export function openMail(services: Services, mail: StoredMail): MailContent | undefined {
  if (mail.sealedContent === null) return undefined;
  return JSON.parse(open(services.config, 'mail', mail.sealedContent, mail.id));
}

/** Deletes every trace of mail to an address, when its person is erased. What is not sent yet never will be. */
export async function forgetMails(services: Services, address: string): Promise<void> {
  await services
    .db('mails')
    .where({ recipient: canonicalEmail(address) })
    .delete();
}

/** Deletes every trace of the mails about an account. */
export async function forgetMailsAbout(services: Services, accountId: string): Promise<void> {
  await services.db('mails').where({ account_id: accountId }).delete();
}

/**
 * Deletes the content of mails after a week and the rows after three months; at most `limit` of each, and returns
 * how many rows it deleted or emptied.
 */
export async function deleteOldMails(services: Services, limit = 1000): Promise<number> {
  const { db } = services;
  const olderThan = (days: number) =>
    db('mails')
      .where('created_at', '<', sqlFromNow(services, -days * 86_400))
      .limit(limit)
      .select('id');
  const emptied = await db('mails')
    .whereIn('id', olderThan(contentKeptDays).whereNotNull('sealed_content'))
    .update({ sealed_content: null });
  const deleted = await db('mails').whereIn('id', olderThan(rowKeptDays)).delete();
  return emptied + deleted;
}
