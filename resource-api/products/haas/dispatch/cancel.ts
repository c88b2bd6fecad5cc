/** Taking tasks back: one, or all that a key made since it leaked, with a word to the humans who had them. */
import { type AuditActor, recordAudit } from '../../../../shared/audit/audit.js';
import { inTransaction, type Services } from '../../../../shared/services.js';
import { allowedMoves, moveTask } from './moves.js';
import { lockTask, type Task, type TaskOwner, type TaskStatus, taskColumns, tasksOf } from './task.js';

declare module '../../../../shared/audit/audit.js' {
  interface ProductAuditActions {
    'tasks.cancelled': true;
  }
}

/** Cancels a task; the human reads the message. Throws `not_found`, and `conflict` for one that has ended. */
export async function cancelTask(
  services: Services,
  owner: TaskOwner,
  id: string,
  message: string | undefined,
): Promise<Task> {
  return inTransaction(services, async (tx) => {
    const task = await lockTask(tx, owner, id);
    return moveTask(tx, task, 'cancelled', { reason: 'requester_cancelled', message });
  });
}

export interface CancelFilter {
  taskIds?: string[];
  /** Tasks that this key made. */
  keyId?: string;
  /** Tasks made then or later. */
  since?: Date;
  message?: string;
}

const cancellable = (Object.keys(allowedMoves) as TaskStatus[]).filter((status) =>
  allowedMoves[status].includes('cancelled'),
);

/** Cancels every task that fits and can still be cancelled; those that have ended are left out. */
export async function cancelTasks(
  services: Services,
  owner: TaskOwner,
  { taskIds, keyId, since, message }: CancelFilter,
  actor: AuditActor,
): Promise<Task[]> {
  return inTransaction(services, async (tx) => {
    const query = tasksOf(tx, owner).whereIn('status', cancellable).orderBy('seq').forUpdate();
    if (taskIds) query.whereIn('id', taskIds);
    if (keyId !== undefined) query.where({ key_id: keyId });
    if (since) query.where('created_at', '>=', since);
    const tasks: Task[] = await query.select(taskColumns);
    const cancelled: Task[] = [];
    for (const task of tasks) {
      cancelled.push(await moveTask(tx, task, 'cancelled', { reason: 'requester_cancelled', message }));
    }
    if (cancelled.length > 0) {
      await recordAudit(tx, {
        accountId: owner.accountId,
        action: 'tasks.cancelled',
        actor,
        details: { count: cancelled.length, key_id: keyId, since: since?.toISOString() },
      });
    }
    return cancelled;
  });
}
