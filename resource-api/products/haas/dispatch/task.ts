/**
 * A task that an app dispatched to one human. Everyone who reads or changes tasks speaks of them in these words; the
 * way from one status to the next is in moves.ts.
 */

import type { KeyEnvironment } from '../../../../shared/crypto/key-format.js';
import { DomainError } from '../../../../shared/errors.js';
import type { Services } from '../../../../shared/services.js';

export const taskStatuses = [
  'queued',
  'offered',
  'accepted',
  'in_progress',
  'blocked',
  'paused',
  'submitted',
  'completed',
  'failed',
  'expired',
  'declined',
  'cancelled',
] as const;

export type TaskStatus = (typeof taskStatuses)[number];

export const terminalStatuses: readonly TaskStatus[] = [
  'completed',
  'failed',
  'expired',
  'declined',
  'cancelled',
];

export const priorities = ['low', 'normal', 'high', 'urgent'] as const;
export type Priority = (typeof priorities)[number];

/** What the app said about the work. */
export interface TaskText {
  type: string;
  priority: Priority;
  title: string;
  description: string;
  /** What the human must be able to do. */
  skills: string[];
  deadline: Date | null;
  estimatedSeconds: number | null;
  amountCents: number | null;
  /** ISO 4217; set where there is an amount. */
  currency: string | null;
  bonusEligible: boolean;
  attachments: Record<string, unknown>[];
  metadata: Record<string, unknown>;
}

export interface Task extends TaskText {
  id: string;
  /** Rises with every task: what lists are ordered by. */
  seq: number;
  accountId: string;
  product: string;
  environment: KeyEnvironment;
  keyId: string | null;
  clientId: string | null;
  grantId: string | null;
  requesterId: string;
  /** null once the human is gone for good. */
  humanId: string | null;
  status: TaskStatus;
  statusReason: string | null;
  result: unknown;
  /** 0 to 100. */
  percent: number;
  /** What the human asked when they were blocked, and what the app answered. */
  question: string | null;
  answer: string | null;
  /** What the app said when it cancelled, for the human to read. */
  message: string | null;
  /** How far a simulated human has come with it. */
  storyStep: number;
  createdAt: Date;
  updatedAt: Date;
  acceptedAt: Date | null;
  finishedAt: Date | null;
}

export const taskColumns = {
  id: 'id',
  seq: 'seq',
  accountId: 'account_id',
  product: 'product',
  environment: 'environment',
  keyId: 'key_id',
  clientId: 'client_id',
  grantId: 'grant_id',
  requesterId: 'requester_id',
  humanId: 'human_id',
  status: 'status',
  statusReason: 'status_reason',
  type: 'type',
  priority: 'priority',
  title: 'title',
  description: 'description',
  skills: 'skills',
  deadline: 'deadline',
  estimatedSeconds: 'estimated_seconds',
  amountCents: 'amount_cents',
  currency: 'currency',
  bonusEligible: 'bonus_eligible',
  attachments: 'attachments',
  metadata: 'metadata',
  result: 'result',
  percent: 'percent',
  question: 'question',
  answer: 'answer',
  message: 'message',
  storyStep: 'story_step',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
  acceptedAt: 'accepted_at',
  finishedAt: 'finished_at',
} as const;

/** Whose tasks: all of an account's for a key, those with one human for a token. */
export interface TaskOwner {
  accountId: string;
  product: string;
  environment: KeyEnvironment;
  /** Only tasks with this human. */
  humanId?: string;
}

export const isTerminal = ({ status }: Pick<Task, 'status'>): boolean => terminalStatuses.includes(status);

export const unknownTask = (): DomainError => new DomainError('not_found', { subject: 'task' });

/** Rows of an owner, to be narrowed further. */
export function tasksOf({ db }: Services, owner: TaskOwner) {
  const query = db('dispatched_tasks').where({
    account_id: owner.accountId,
    product: owner.product,
    environment: owner.environment,
  });
  return owner.humanId === undefined ? query : query.where({ human_id: owner.humanId });
}

/** Throws `not_found`, also for a task of somebody else. */
export async function getTask(services: Services, owner: TaskOwner, id: string): Promise<Task> {
  const task = await tasksOf(services, owner).where({ id }).first(taskColumns);
  if (!task) throw unknownTask();
  return task;
}

/** The task with its row locked until the transaction ends: every change of a task begins here. Throws `not_found`. */
export async function lockTask(tx: Services, owner: TaskOwner, id: string): Promise<Task> {
  const task = await tasksOf(tx, owner).where({ id }).forUpdate().first(taskColumns);
  if (!task) throw unknownTask();
  return task;
}

/** The same by id alone, for what the system does by itself. */
export async function findTaskLocked(tx: Services, id: string): Promise<Task | undefined> {
  return tx.db('dispatched_tasks').where({ id }).forUpdate().first(taskColumns);
}
