/**
 * Who may be given credentials. An address that nobody proved may be somebody else's, so an account that has not
 * confirmed it gets no API keys, apps or webhook endpoints: they would still work for whoever signed up first when
 * the owner of the mailbox comes. An operator on the command line vouches for the account and may make them.
 */
import { DomainError } from '../../errors.js';
import type { Services } from '../../services.js';
import type { Actor } from './users.js';

/** Whether what this actor makes is vouched for by whoever runs the service. */
export const isOperator = ({ kind }: Pick<Actor, 'kind'>): boolean =>
  kind === 'operator' || kind === 'system';

/** Throws `email_not_verified` when the person has not confirmed their address and no operator acts. */
export async function requireConfirmedOwner(services: Services, userId: string, actor: Actor): Promise<void> {
  if (isOperator(actor)) return;
  const user = await services.db('users').where({ id: userId }).first('email_verified_at');
  if (user) requireConfirmed(user.email_verified_at);
}

/** The same for a time that was read before. Throws `email_not_verified`. */
export function requireConfirmed(emailVerifiedAt: Date | null): void {
  if (emailVerifiedAt !== null) return;
  throw new DomainError('email_not_verified', {
    message:
      'Confirm your email address first: open the link in the mail that we sent you when you signed up',
  });
}
