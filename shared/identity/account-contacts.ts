/** How to reach the person or the agent behind an account. */
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
