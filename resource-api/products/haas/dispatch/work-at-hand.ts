/** What a human is doing at this moment, as far as whoever asks may know. */
import type { Human } from '../../../../shared/identity/people/humans.js';
import type { Services } from '../../../../shared/services.js';
import type { TaskOwner } from './task.js';

export interface WorkAtHand {
  busy: boolean;
  /** The task, where it is the asking account's own. */
  taskId: string | null;
}

/** A simulated human has as many lives as there are accounts; a real one has one, and others' tasks stay unnamed. */
export async function findWorkAtHand(
  services: Services,
  human: Human,
  owner: TaskOwner,
): Promise<WorkAtHand> {
  const { accountId, product, environment } = owner;
  const own = { account_id: accountId, product, environment };
  const query = services
    .db('dispatched_tasks')
    .where({ human_id: human.id, status: 'in_progress' })
    .orderByRaw('(account_id = ?) desc, seq', [accountId]);
  if (human.simulated) query.where(own);
  const task = await query.first('id', 'account_id');
  return { busy: task !== undefined, taskId: task?.account_id === accountId ? task.id : null };
}
