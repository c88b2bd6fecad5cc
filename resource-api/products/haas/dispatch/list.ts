/** Lists of tasks, the newest first, a page at a time; and what a human's tasks came to. */

import { DomainError } from '../../../../shared/errors.js';
import type { Services } from '../../../../shared/services.js';
import { readRows } from '../../paging.js';
import { type Task, type TaskOwner, type TaskStatus, taskColumns, tasksOf } from './task.js';

export interface TaskFilter {
  status?: TaskStatus[];
  humanId?: string;
  keyId?: string;
  since?: Date;
}

export interface PageRequest {
  limit: number;
  /** From the page before. */
  cursor?: string;
}

export interface Page {
  tasks: Task[];
  nextCursor: string | null;
}

/** An account's tasks. Throws `validation` for a cursor that is none. */
export async function listTasks(
  services: Services,
  owner: TaskOwner,
  filter: TaskFilter,
  page: PageRequest,
): Promise<Page> {
  const query = tasksOf(services, owner);
  if (filter.humanId !== undefined) query.where({ human_id: filter.humanId });
  if (filter.keyId !== undefined) query.where({ key_id: filter.keyId });
  if (filter.since) query.where('created_at', '>=', filter.since);
  return readTaskPage(services, query, filter.status, page);
}

/** Tasks that were sent to a human, whoever sent them. */
export async function listTasksOfHuman(
  services: Services,
  { humanId, product, status }: { humanId: string; product: string; status?: TaskStatus[] },
  page: PageRequest,
): Promise<Page> {
  const query = services.db('dispatched_tasks').where({ human_id: humanId, product });
  return readTaskPage(services, query, status, page);
}

async function readTaskPage(
  services: Services,
  query: ReturnType<typeof tasksOf>,
  status: TaskStatus[] | undefined,
  { limit, cursor }: PageRequest,
): Promise<Page> {
  if (status) query.whereIn('status', status);
  if (cursor !== undefined) query.where('seq', '<', readCursor(cursor));
  const ordered = query.orderBy('seq', 'desc').select(taskColumns);
  const { items: tasks, hasMore } = await readRows<Task>(services, ordered, limit);
  const last = tasks.at(-1);
  return { tasks, nextCursor: hasMore && last ? writeCursor(last.seq) : null };
}

const writeCursor = (seq: number): string => Buffer.from(`t${seq}`).toString('base64url');

function readCursor(cursor: string): number {
  const [, digits] = /^t(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (digits === undefined) {
    throw new DomainError('validation', { field: 'cursor', message: 'cursor must come from a page before' });
  }
  return Number(digits);
}

export interface TaskStatistics {
  total: number;
  open: number;
  completed: number;
  failed: number;
  expired: number;
  declined: number;
  cancelled: number;
  /** Of those that were taken on and have come to an end; null before the first. */
  completionRate: number | null;
  averageAcceptSeconds: number | null;
  averageCompletionSeconds: number | null;
}

/** What the tasks of an owner with one human came to. */
export async function getTaskStatistics(services: Services, owner: TaskOwner): Promise<TaskStatistics> {
  const { db } = services;
  const ended = ['completed', 'failed', 'expired', 'declined', 'cancelled'] as const;
  const row = await tasksOf(services, owner)
    .select(Object.fromEntries(ended.map((status) => [status, countWhere('status = ?', status)])))
    .select({
      total: db.raw('count(*)'),
      averageAcceptSeconds: db.raw('round(avg(extract(epoch from accepted_at - created_at)))::integer'),
      averageCompletionSeconds: db.raw(
        "round(avg(extract(epoch from finished_at - accepted_at)) filter (where status = 'completed'))::integer",
      ),
      given_up: db.raw("count(*) filter (where accepted_at is not null and status in ('failed', 'expired'))"),
    })
    .first();
  const { given_up: givenUp, ...counts } = row;
  const taken = counts.completed + givenUp;
  return {
    ...counts,
    open: counts.total - ended.reduce((sum, status) => sum + counts[status], 0),
    completionRate: taken === 0 ? null : Math.round((counts.completed / taken) * 100) / 100,
  };

  function countWhere(condition: string, value: string) {
    return db.raw(`count(*) filter (where ${condition})`, [value]);
  }
}
