/**
 * Agents and the proof of their mailbox. An agent registers with an address that nobody proves. When somebody proves
 * that mailbox (signs up with it and confirms, or is a person with it already), the agent is unclaimed: its key keeps
 * working, but nothing is sent to its callback URLs until its mailbox's owner claims it by the mailed recovery link.
 */
import { sqlNow } from '../../clock.js';
import { canonicalEmail } from '../../email.js';
import type { Services } from '../../services.js';

export interface ProofOfAgent {
  /** When a person proved the mailbox while the agent was not claimed. */
  mailboxProvenAt: Date | null;
  /** When the agent was claimed by a link mailed to its address, or made by an operator. */
  claimedAt: Date | null;
}

export const isUnclaimed = ({ mailboxProvenAt, claimedAt }: ProofOfAgent): boolean =>
  mailboxProvenAt !== null && claimedAt === null;

/** Marks the agent with this address as unclaimed, unless it was claimed, and gives up what waits to be sent. */
export async function noteMailboxProven(tx: Services, email: string): Promise<void> {
  const marked: Array<{ id: string }> = await tx
    .db('agents')
    .where({ email: canonicalEmail(email) })
    .whereNull('mailbox_proven_at')
    .whereNull('claimed_at')
    .update({ mailbox_proven_at: sqlNow(tx) }, ['id']);
  for (const { id } of marked) await failPendingDeliveries(tx, id);
}

/** Agents with a person's address that wait to be claimed; none for a person who has not confirmed it. */
export async function listUnclaimedAgents(
  services: Services,
  userId: string,
): Promise<Array<{ id: string; name: string; createdAt: Date }>> {
  return services
    .db('agents')
    .join('users', 'users.email', 'agents.email')
    .where({ 'users.id': userId, 'agents.status': 'active' })
    .whereNotNull('users.email_verified_at')
    .whereNotNull('agents.mailbox_proven_at')
    .whereNull('agents.claimed_at')
    .select({ id: 'agents.id', name: 'agents.name', createdAt: 'agents.created_at' });
}

/**
 * Ends an account's webhook endpoints for good, and the secret of its callbacks; what waits is given up. With
 * `unlessVouched`, those of a product and environment stay for which an operator had made a key before them.
 */
export async function endEndpoints(
  tx: Services,
  accountId: string,
  { unlessVouched = false } = {},
): Promise<void> {
  const ended = () => {
    const query = tx.db('webhook_endpoints').where({ account_id: accountId }).whereNull('deleted_at');
    return unlessVouched
      ? query.whereRaw(
          `not exists (select from api_keys k where k.vouched and k.account_id = webhook_endpoints.account_id
             and k.product = webhook_endpoints.product and k.environment = webhook_endpoints.environment
             and k.created_at <= webhook_endpoints.created_at)`,
        )
      : query;
  };
  await tx
    .db('webhook_deliveries')
    .whereIn('endpoint_id', ended().select('id'))
    .where({ state: 'pending' })
    .update({ state: 'failed', finished_at: sqlNow(tx) });
  await ended().where({ kind: 'callback' }).delete();
  await ended().update({ state: 'disabled', state_reason: 'owner', deleted_at: sqlNow(tx) });
}

async function failPendingDeliveries(tx: Services, accountId: string): Promise<void> {
  await tx
    .db('webhook_deliveries')
    .whereIn('endpoint_id', tx.db('webhook_endpoints').where({ account_id: accountId }).select('id'))
    .where({ state: 'pending' })
    .update({ state: 'failed', finished_at: sqlNow(tx) });
}
