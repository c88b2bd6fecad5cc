/** An answer to the human who asked: their work goes on. */

import { DomainError } from '../../../../shared/errors.js';
import { enqueueJob } from '../../../../shared/jobs/queue.js';
import { inTransaction, type Services } from '../../../../shared/services.js';
import { storyKey } from './create.js';
import { moveTask } from './moves.js';
import { lockTask, type Task, type TaskOwner } from './task.js';

/** Answers the question of a blocked task. Throws `not_found`, and `conflict` for a task that is not blocked. */
export async function clarifyTask(
  services: Services,
  owner: TaskOwner,
  id: string,
  response: string,
): Promise<Task> {
  return inTransaction(services, async (tx) => {
    const task = await lockTask(tx, owner, id);
    if (task.status !== 'blocked') {
      throw new DomainError('conflict', {
        message: `This task is ${task.status.replace('_', ' ')}: there is no question to answer.`,
        details: { status: task.status },
      });
    }
    const resumed = await moveTask(tx, task, 'in_progress', { answer: response });
    if (task.environment === 'test') {
      const step = { taskId: id, step: task.storyStep };
      await enqueueJob(tx, 'simulation.step', step, { jobKey: storyKey(id) });
    }
    return resumed;
  });
}
