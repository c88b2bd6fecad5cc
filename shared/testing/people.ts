/** Makers of people for tests, and what their mailboxes hold. */
import type { User } from '../identity/people/users.js';
import { createUser } from '../identity/people/users.js';
import { type DevelopmentMail, listDevelopmentMails } from '../mail/development.js';
import type { Services } from '../services.js';

export const testPassword = 'correct horse battery';

let count = 0;

export const newAddress = (): string => `someone${count++}@example.com`;

/** A verified person with a password, unless told otherwise. */
export async function createTestUser(
  services: Services,
  input: { email?: string; password?: string; verified?: boolean; human?: boolean } = {},
): Promise<User> {
  const { email = newAddress(), password = testPassword, verified = true, human } = input;
  return createUser(services, { email, name: 'Ada', password, verified, human });
}

/** The newest mail to an address. */
export async function getNewestMail(services: Services, to: string): Promise<DevelopmentMail> {
  const [mail] = await listDevelopmentMails(services, { to });
  if (!mail) throw new Error(`there is no mail to ${to}`);
  return mail;
}

/** The token in the link of the newest mail to an address. */
export async function getMailedToken(services: Services, to: string): Promise<string> {
  const { links, subject } = await getNewestMail(services, to);
  for (const link of links) {
    const token = new URL(link).searchParams.get('token');
    if (token) return token;
  }
  throw new Error(`the mail "${subject}" has no link with a token`);
}

/** The subjects of all mails to an address, the oldest first. */
export async function listSubjects(services: Services, to: string): Promise<string[]> {
  const mails = await listDevelopmentMails(services, { to });
  return mails.map((mail) => mail.subject).reverse();
}

/** The actions in a person's audit log, the oldest first. */
export async function listAuditActions(services: Services, accountId: string): Promise<string[]> {
  return services.db('audit_events').where({ account_id: accountId }).orderBy('seq').pluck('action');
}
