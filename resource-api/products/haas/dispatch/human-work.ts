/**
 * What a human does with a task of theirs. Each deed is one move of the table; a human sees and changes only what
 * was sent to them.
 */
import { isDeepStrictEqual } from 'node:util';
import { DomainError } from '../../../../shared/errors.js';
import { liveGrants } from '../../../../shared/identity/oauth/grants.js';
import { enqueueJob } from '../../../../shared/jobs/queue.js';
import { happenedJustNow } from '../../../../shared/repetition.js';
import { inTransaction, type Services } from '../../../../shared/services.js';
import { moveTask, noteProgress } from './moves.js';
import { type Task, type TaskStatus, taskColumns, terminalStatuses, unknownTask } from './task.js';

/** A deed that carries nothing but a reason. */
export type PlainDeed = 'accept' | 'decline' | 'start' | 'pause' | 'resume' | 'fail';

const targets: Readonly<Record<PlainDeed, TaskStatus>> = {
  accept: 'accepted',
  decline: 'declined',
  start: 'in_progress',
  pause: 'paused',
  resume: 'in_progress',
  fail: 'failed',
};

/** From where a deed makes sense, where the table alone would allow more. */
const sources: Partial<Record<PlainDeed, readonly TaskStatus[]>> = {
  start: ['accepted'],
  resume: ['paused', 'blocked'],
};

export interface HumanTask {
  humanId: string;
  /** At this product; a person may take tasks at several. */
  product: string;
  taskId: string;
}

/**
 * Throws `not_found`, and `conflict`, also where the consent behind the task has lapsed. Accepting again within a
 * moment reads success.
 */
export async function doWithTask(
  services: Services,
  which: HumanTask,
  deed: PlainDeed,
  reason?: string,
): Promise<Task> {
  return inTransaction(services, async (tx) => {
    const task = await lockOwn(tx, which);
    if (deed === 'accept' && task.status === 'accepted' && happenedJustNow(tx, task.acceptedAt)) return task;
    const from = sources[deed];
    if (from && !from.includes(task.status)) throw wrongTime(task, deed);
    if (deed === 'accept') await checkConsent(tx, task);
    return moveTask(tx, task, targets[deed], { reason });
  });
}

/** The human cannot go on until the app answers. Throws `not_found`, `conflict`. */
export async function askAboutTask(services: Services, which: HumanTask, question: string): Promise<Task> {
  return inTransaction(services, async (tx) =>
    moveTask(tx, await lockOwn(tx, which), 'blocked', { reason: 'clarification_needed', question }),
  );
}

/** Throws `not_found`, `conflict`. */
export async function progressTask(
  services: Services,
  which: HumanTask,
  progress: { percent: number; note?: string },
): Promise<Task> {
  return inTransaction(services, async (tx) => noteProgress(tx, await lockOwn(tx, which), progress));
}

/**
 * Hands the result in; it is then settled by itself. The same result again within a moment reads success. Throws
 * `not_found`, `conflict`.
 */
export async function submitTask(services: Services, which: HumanTask, result: unknown): Promise<Task> {
  return inTransaction(services, async (tx) => {
    const task = await lockOwn(tx, which);
    const handedIn = task.status === 'submitted' || task.status === 'completed';
    const repeated =
      handedIn && happenedJustNow(tx, task.updatedAt) && isDeepStrictEqual(task.result, result);
    return repeated ? task : submit(tx, task, result);
  });
}

/** The same for a task whose row is locked already. */
export async function submit(tx: Services, task: Task, result: unknown): Promise<Task> {
  const submitted = await moveTask(tx, task, 'submitted', { result, percent: 100 });
  await enqueueJob(tx, 'dispatch.settle', { taskId: task.id });
  return submitted;
}

async function lockOwn(tx: Services, { humanId, product, taskId }: HumanTask): Promise<Task> {
  const task = await tx
    .db('dispatched_tasks')
    .where({ id: taskId, human_id: humanId, product })
    .forUpdate()
    .first(taskColumns);
  if (!task) throw unknownTask();
  return task;
}

/** A task under a grant that has lapsed is about to be cancelled (jobs.ts); it is too late to take it on. */
async function checkConsent(tx: Services, { grantId }: Task): Promise<void> {
  if (grantId === null) return;
  const live = await liveGrants(tx).where({ id: grantId }).first('id');
  if (!live) throw new DomainError('conflict', { message: 'Your consent to this app has lapsed.' });
}

const wrongTime = ({ status }: Task, deed: PlainDeed): DomainError =>
  new DomainError('conflict', {
    message: terminalStatuses.includes(status)
      ? `This task is ${status}, and that is final.`
      : `This task is ${status.replace('_', ' ')}: you cannot ${deed} it now.`,
    details: { status },
  });
