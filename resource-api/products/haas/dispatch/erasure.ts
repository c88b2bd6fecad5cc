/**
 * What becomes of tasks when one of the two is erased. A human's open work fails, since nobody will finish it; what
 * they handed in is the app's. Of an app's owner nothing stays but that there was a task.
 */
import type { Services } from '../../../../shared/services.js';
import { allowedMoves, moveTask } from './moves.js';
import { type Task, taskColumns } from './task.js';

/** Ends the open tasks of an erased account on either side, and takes out what its owner wrote. */
export async function eraseTasks(tx: Services, accountId: string): Promise<void> {
  const open = () => tx.db('dispatched_tasks').whereNull('finished_at').orderBy('seq').forUpdate();
  const atHand: Task[] = await open().where({ human_id: accountId }).select(taskColumns);
  for (const task of atHand) {
    if (allowedMoves[task.status].includes('failed'))
      await moveTask(tx, task, 'failed', { reason: 'human_gone' });
    else await moveTask(tx, task, 'cancelled', { reason: 'human_gone' });
  }
  await tx.db('dispatched_tasks').where({ human_id: accountId }).update({ question: null });
  const sent: Task[] = await open().where({ account_id: accountId }).select(taskColumns);
  for (const task of sent) {
    if (allowedMoves[task.status].includes('cancelled')) {
      await moveTask(tx, task, 'cancelled', { reason: 'requester_gone' });
    }
  }
  await tx.db('dispatched_tasks').where({ account_id: accountId }).update({
    title: 'Erased task',
    description: '',
    attachments: '[]',
    metadata: '{}',
    result: null,
    answer: null,
    message: null,
  });
}
