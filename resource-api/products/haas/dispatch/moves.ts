/**
 * The life of a task: one table says which status may follow which, and one function makes every move. Nothing else
 * writes `status`, but for the end of a consent, which takes back what nobody has accepted (shared/identity/oauth/grant-tasks).
 *
 *   queued → offered → accepted → in_progress ⇄ blocked, paused
 *                                  in_progress → submitted → completed
 *
 * From every open status a task can also end early; what has ended stays as it is.
 */
import { sqlNow } from '../../../../shared/clock.js';
import { DomainError } from '../../../../shared/errors.js';
import type { Services } from '../../../../shared/services.js';
import { emitTaskEvent, type TaskEvent } from './events.js';
import { type Task, type TaskStatus, taskColumns, terminalStatuses } from './task.js';

export const allowedMoves: Readonly<Record<TaskStatus, readonly TaskStatus[]>> = {
  queued: ['offered', 'accepted', 'declined', 'expired', 'cancelled'],
  offered: ['accepted', 'declined', 'expired', 'cancelled'],
  accepted: ['in_progress', 'declined', 'failed', 'expired', 'cancelled'],
  in_progress: ['blocked', 'paused', 'submitted', 'failed', 'expired', 'cancelled'],
  blocked: ['in_progress', 'failed', 'expired', 'cancelled'],
  paused: ['in_progress', 'failed', 'expired', 'cancelled'],
  // The work is done: it can be judged, but neither taken back nor be late.
  submitted: ['completed', 'failed'],
  completed: [],
  failed: [],
  expired: [],
  declined: [],
  cancelled: [],
};

/** What changes with a status. */
export interface MoveChanges {
  reason?: string | null;
  result?: unknown;
  percent?: number;
  question?: string;
  answer?: string;
  message?: string;
}

/** The event that a move is told by, where the documentation names one. */
function eventOf(from: TaskStatus, to: TaskStatus): TaskEvent | undefined {
  switch (to) {
    case 'in_progress':
      return from === 'accepted' ? 'task.started' : 'task.resumed';
    case 'accepted':
    case 'blocked':
    case 'paused':
    case 'completed':
    case 'failed':
    case 'expired':
      return `task.${to}`;
    default:
      return undefined;
  }
}

/** Whether the table has this move. Throws `conflict` where it has not. */
function checkMove(task: Task, to: TaskStatus): void {
  if (allowedMoves[task.status].includes(to)) return;
  const ended = terminalStatuses.includes(task.status);
  throw new DomainError('conflict', {
    message: ended
      ? `This task is ${task.status}, and that is final.`
      : `This task is ${task.status.replace('_', ' ')} and cannot become ${to.replace('_', ' ')} now.`,
    details: { status: task.status },
  });
}

/** Moves a task whose row the caller has locked. Throws `conflict`. */
export async function moveTask(
  tx: Services,
  task: Task,
  to: TaskStatus,
  changes: MoveChanges = {},
): Promise<Task> {
  checkMove(task, to);
  const { reason = null, result, percent, question, answer: response, message } = changes;
  const [moved] = await tx
    .db('dispatched_tasks')
    .where({ id: task.id, status: task.status })
    .update(
      {
        status: to,
        status_reason: reason,
        updated_at: sqlNow(tx),
        ...(to === 'accepted' && { accepted_at: sqlNow(tx) }),
        ...(terminalStatuses.includes(to) && { finished_at: sqlNow(tx) }),
        ...(result !== undefined && { result: JSON.stringify(result) }),
        ...(percent !== undefined && { percent }),
        ...(question !== undefined && { question, answer: null }),
        ...(response !== undefined && { answer: response }),
        ...(message !== undefined && { message }),
      },
      Object.entries(taskColumns).map(([property, column]) => `${column} as ${property}`),
    );
  if (!moved) throw new Error(`task ${task.id} was moved without its lock`);
  const event = eventOf(task.status, to);
  if (event) await emitTaskEvent(tx, moved, event);
  return moved;
}

/** Notes how far a task in progress has come, in percent. Throws `conflict`. */
export async function noteProgress(
  tx: Services,
  task: Task,
  { percent, note }: { percent: number; note?: string },
): Promise<Task> {
  if (task.status !== 'in_progress') {
    throw new DomainError('conflict', {
      message: `This task is ${task.status.replace('_', ' ')}: only work in progress makes progress.`,
      details: { status: task.status },
    });
  }
  await tx
    .db('dispatched_tasks')
    .where({ id: task.id })
    .update({ percent, updated_at: sqlNow(tx) });
  const noted = { ...task, percent, updatedAt: tx.clock.now() };
  await emitTaskEvent(tx, noted, 'task.progress', note === undefined ? {} : { note });
  return noted;
}
