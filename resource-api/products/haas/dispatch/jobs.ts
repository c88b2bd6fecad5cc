/**
 * What becomes of tasks by themselves: they are offered when the human's quiet hours are over, expire with their
 * deadline, are completed once they were handed in, and go when the consent behind them has lapsed. Each job works
 * in the transaction that also removes it, so none takes effect twice; a task that has moved on meanwhile is let be.
 */

import { liveGrants } from '../../../../shared/identity/oauth/grants.js';
import { findHuman } from '../../../../shared/identity/people/humans.js';
import { atomicJob, type JobHandlers } from '../../../../shared/jobs/handlers.js';
import { enqueueJob } from '../../../../shared/jobs/queue.js';
import type { Services } from '../../../../shared/services.js';
import { findQuietEnd } from '../domain/absence.js';
import { allowedMoves, moveTask } from './moves.js';
import { findTaskLocked, type Task, taskColumns } from './task.js';

declare module '../../../../shared/jobs/job-names.js' {
  interface JobPayloads {
    'dispatch.hand_back': { humanId: string };
    'dispatch.offer': { taskId: string };
    'dispatch.expire': { taskId: string };
    'dispatch.settle': { taskId: string };
    'dispatch.sweep': Record<string, never>;
  }
}

interface TaskJob {
  taskId: string;
}

async function offer(tx: Services, { taskId }: TaskJob): Promise<void> {
  const task = await findTaskLocked(tx, taskId);
  if (task?.status !== 'queued' || task.humanId === null) return;
  const human = await findHuman(tx, task.humanId);
  const quietEnd = human && findQuietEnd(human, tx.clock.now());
  if (quietEnd) await enqueueJob(tx, 'dispatch.offer', { taskId }, { runAt: quietEnd });
  else await moveTask(tx, task, 'offered');
}

async function expire(tx: Services, { taskId }: TaskJob): Promise<void> {
  const task = await findTaskLocked(tx, taskId);
  if (!task || !allowedMoves[task.status].includes('expired')) return;
  await moveTask(tx, task, 'expired', { reason: 'deadline_passed' });
}

async function settle(tx: Services, { taskId }: TaskJob): Promise<void> {
  const task = await findTaskLocked(tx, taskId);
  if (task?.status === 'submitted') await moveTask(tx, task, 'completed');
}

/** A human who takes no tasks any more gives back what they have: what is not begun they decline, the rest fails. */
async function handBack(tx: Services, { humanId }: { humanId: string }): Promise<void> {
  const human = await findHuman(tx, humanId);
  if (human?.profile.hidden !== true) return;
  const open: Task[] = await tx
    .db('dispatched_tasks')
    .where({ human_id: humanId })
    .whereNull('finished_at')
    .orderBy('seq')
    .forUpdate()
    .select(taskColumns);
  for (const task of open) {
    const to = allowedMoves[task.status].find((status) => status === 'declined' || status === 'failed');
    if (to && task.status !== 'submitted') await moveTask(tx, task, to, { reason: 'human_stopped' });
  }
}

const sweptAtOnce = 500;

async function sweep(tx: Services): Promise<void> {
  const tasks: Task[] = await tx
    .db('dispatched_tasks')
    .whereNotNull('grant_id')
    .whereIn('status', ['queued', 'offered'])
    .whereNotIn('grant_id', liveGrants(tx).select('id'))
    .limit(sweptAtOnce)
    .forUpdate()
    .skipLocked()
    .select(taskColumns);
  for (const task of tasks) await moveTask(tx, task, 'cancelled', { reason: 'consent_lapsed' });
}

export const dispatchHandlers = {
  'dispatch.hand_back': atomicJob(handBack),
  'dispatch.offer': atomicJob(offer),
  'dispatch.expire': atomicJob(expire),
  'dispatch.settle': atomicJob(settle),
  'dispatch.sweep': atomicJob(sweep, { cron: '*/5 * * * *' }),
} satisfies JobHandlers;
