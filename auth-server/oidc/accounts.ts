/**
 * People as oidc-provider wants to see them. Someone disabled or erased is nobody: their codes and refresh tokens
 * stop at this door.
 */
import type { Account } from 'oidc-provider';
import { findUserById, type User } from '../../shared/identity/people/users.js';
import { personIdOf, personSubject } from '../../shared/ids.js';
import type { Services } from '../../shared/services.js';
import { read } from '../http/request-transaction.js';

/** oidc-provider's `findAccount`; `subject` is `usr_…`. */
export async function findAccount(services: Services, subject: string): Promise<Account | undefined> {
  const user = await findActivePerson(services, subject);
  if (!user) return undefined;
  const { email, name } = user;
  return {
    accountId: personSubject(user.id),
    // oidc-provider leaves out what the granted scopes do not cover.
    claims: async () => ({
      sub: personSubject(user.id),
      email,
      email_verified: user.emailVerifiedAt !== null,
      name,
    }),
  };
}

/** The person behind a subject, unless they are disabled or erased. */
export async function findActivePerson(services: Services, subject: string): Promise<User | undefined> {
  const id = personIdOf(subject);
  const user = id === undefined ? undefined : await read(services, (db) => findUserById(db, id));
  return user?.status === 'active' ? user : undefined;
}
