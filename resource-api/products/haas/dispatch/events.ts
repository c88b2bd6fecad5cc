/**
 * What is told of a task while it happens: to webhooks out of the transaction itself, and to open sockets once it
 * is committed. The ninth is progress, which is no change of status.
 */

import type { KeyEnvironment } from '../../../../shared/crypto/key-format.js';
import { personSubject } from '../../../../shared/ids.js';
import type { Services } from '../../../../shared/services.js';
import { emitEvent } from '../../../../shared/webhooks/outbox.js';
import { feedOf } from '../domain/feed.js';
import type { Task } from './task.js';

export const taskEvents = [
  'task.accepted',
  'task.started',
  'task.progress',
  'task.paused',
  'task.resumed',
  'task.blocked',
  'task.completed',
  'task.failed',
  'task.expired',
] as const;

export type TaskEvent = (typeof taskEvents)[number];

/** The feed in which an account finds what happens to its tasks. */
export const taskFeed = (owner: {
  accountId: string;
  product: string;
  environment: KeyEnvironment;
}): string => `${owner.product}:${owner.accountId}:${owner.environment}`;

/** Tells of a task. Call it in the transaction of its cause, with the task's row locked: that keeps the order. */
export async function emitTaskEvent(
  tx: Services,
  task: Task,
  type: TaskEvent,
  further: Record<string, unknown> = {},
): Promise<void> {
  const { id, accountId, product, environment, humanId } = task;
  const about = { task_id: id, human_id: humanId === null ? null : personSubject(humanId) };
  const data = { ...dataOf(type, task), ...further };
  await emitEvent(tx, {
    accountId,
    product,
    environment,
    type,
    data: { ...about, ...data },
    orderKey: id,
  });
  const frame = { type, timestamp: tx.clock.now().toISOString(), ...about, data };
  tx.afterCommit(() => feedOf(tx).append(taskFeed(task), frame));
}

function dataOf(type: TaskEvent, task: Task): Record<string, unknown> {
  const { status, statusReason, percent, question, answer: response, result } = task;
  switch (type) {
    case 'task.progress':
      return { status, percent };
    case 'task.blocked':
      return { status, reason: statusReason, question };
    case 'task.resumed':
      return { status, answer: response };
    case 'task.completed':
      return { status, result };
    case 'task.paused':
    case 'task.failed':
    case 'task.expired':
      return { status, reason: statusReason };
    default:
      return { status };
  }
}
