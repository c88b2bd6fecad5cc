/** What an agent is told about its tasks, at the task's own address or else the agent's. */
import type { Services } from '../../../../shared/services.js';
import { emitEvent } from '../../../../shared/webhooks/outbox.js';
import type { Bounty } from './bounties.js';

export type BountyEvent =
  | 'task.accepted'
  | 'task.proof_submitted'
  | 'task.completed'
  | 'task.disputed'
  | 'task.expired';

/** Writes an event in the transaction of its cause, which must hold the task's lock. */
export async function emitBountyEvent(
  tx: Services,
  type: BountyEvent,
  bounty: Bounty,
  further: Record<string, unknown> = {},
): Promise<void> {
  const url = bounty.callbackUrl ?? (await findAgentUrl(tx, bounty.agentId));
  await emitEvent(tx, {
    accountId: bounty.agentId,
    product: bounty.product,
    type,
    data: { task_id: bounty.id, status: bounty.status, ...further },
    orderKey: bounty.id,
    url,
  });
}

async function findAgentUrl(tx: Services, agentId: string): Promise<string | undefined> {
  const agent = await tx.db('agents').where({ id: agentId }).first('webhook_url');
  return agent?.webhook_url ?? undefined;
}
