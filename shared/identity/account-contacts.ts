/** How to reach the person or the agent behind an account. */
import { DomainError } from '../errors.js';
import type { Services } from '../services.js';

export interface AccountContact {
  email: string;
  name: string;
}

/** undefined for an account that is unknown or erased. */
export async function findAccountContact(
  services: Services,
  accountId: string,
): Promise<AccountContact | undefined> {
  const [contact] = await services
    .db('users')
    .where({ id: accountId })
    .whereNot('status', 'erased')
    .select('email', 'name')
    .unionAll(services.db('agents').where({ id: accountId }).select('email', 'name'));
  return contact;
}

/** Everybody with this address: a person, an agent, or both. Throws `not_found`. */
export async function getAccountsByEmail(services: Services, email: string): Promise<string[]> {
  const byEmail = (table: string) =>
    services.db(table).whereRaw('lower(email) = lower(?)', [email.trim()]).pluck('id');
  const ids = [...(await byEmail('users')), ...(await byEmail('agents'))];
  if (ids.length > 0) return ids;
  throw new DomainError('not_found', { subject: 'account', message: `Nobody has the address ${email}` });
}
