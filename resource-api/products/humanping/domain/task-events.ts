/** What an agent is told about its tasks, at the task's own address or else the agent's. */
import type { Services } from '../../../../shared/services.js';
import { emitEvent } from '../../../../shared/webhooks/outbox.js';
import type { Task } from './tasks.js';

export type TaskEvent =
  | 'task.accepted'
  | 'task.proof_submitted'
  | 'task.completed'
  | 'task.disputed'
  | 'task.expired';

/** Writes an event in the transaction of its cause, which must hold the task's lock. */
export async function emitTaskEvent(
  tx: Services,
  type: TaskEvent,
  task: Task,
  further: Record<string, unknown> = {},
): Promise<void> {
  const url = task.callbackUrl ?? (await findAgentUrl(tx, task.agentId));
  await emitEvent(tx, {
    accountId: task.agentId,
    product: task.product,
    type,
    data: { task_id: task.id, status: task.status, ...further },
    orderKey: task.id,
    url,
  });
}

async function findAgentUrl(tx: Services, agentId: string): Promise<string | undefined> {
  const agent = await tx.db('agents').where({ id: agentId }).first('webhook_url');
  return agent?.webhook_url ?? undefined;
}
