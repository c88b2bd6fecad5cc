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
  if (contact) await queueMail(services, { to: contact.email, ...compose(contact) });
}

/** Everybody with this address: a person, an agent, or both. Throws `not_found`. */
export async function getAccountsByEmail(services: Services, email: string): Promise<string[]> {
  const byEmail = (table: string) =>
    services
      .db(table)
      .where({ email: canonicalEmail(email) })
      .pluck('id');
  const ids = [...(await byEmail('users')), ...(await byEmail('agents'))];
  if (ids.length > 0) return ids;
  throw new DomainError('not_found', { subject: 'account', message: `Nobody has the address ${email}` });
}
