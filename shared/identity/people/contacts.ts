/** Where an account is written to. */
import { canonicalEmail } from '../../email.js';
import { DomainError } from '../../errors.js';
import { type MailContent, queueMail } from '../../mail/mail.js';
import type { Services } from '../../services.js';

export interface Contact {
  email: string;
  /** A person can sign in to the console; an agent has none. */
  kind: 'person' | 'agent';
}

/** The address of a person or agent in good standing; undefined for who is disabled or erased. */
export async function findContact(services: Services, accountId: string): Promise<Contact | undefined> {
  const { rows } = await services.db.raw(
    `select email, 'person' as kind from users where id = :accountId and status = 'active'
     union all
     select email, 'agent' from agents where id = :accountId and status = 'active'`,
    { accountId },
  );
  return rows[0];
}

/** Queues a mail to an account, if it can be written to. */
export async function mailAccount(
  services: Services,
  accountId: string,
  compose: (contact: Contact) => MailContent,
): Promise<void> {
  const contact = await findContact(services, accountId);
  if (contact) await queueMail(services, { to: contact.email, accountId, ...compose(contact) });
}

/**
 * The accounts that an email or an account id stands for. A person and an agent with the same email are both meant
 * only if both proved the mailbox; otherwise the one that proved it, and where neither did, the person before the
 * agent. An account that is not meant can still be named by its id.
 */
export async function findAccountsByEmail(services: Services, given: string): Promise<string[]> {
  const email = canonicalEmail(given);
  const { rows } = await services.db.raw(
    `select id, email_verified_at is not null as proven, 1 as place
     from users where email = :email or id = :given
     union all
     select id, claimed_at is not null, 2 from agents where email = :email or id = :given
     order by place`,
    { email, given: given.trim() },
  );
  const accounts: Array<{ id: string; proven: boolean }> = rows;
  const proven = accounts.filter((account) => account.proven);
  const meant = proven.length > 0 ? proven : accounts.slice(0, 1);
  return meant.map(({ id }) => id);
}

/** The same. Throws `not_found` where there is no account. */
export async function getAccountsByEmail(services: Services, given: string): Promise<string[]> {
  const ids = await findAccountsByEmail(services, given);
  if (ids.length > 0) return ids;
  throw new DomainError('not_found', { subject: 'account', message: `Nobody has the address ${given}` });
}
