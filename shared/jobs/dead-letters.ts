/** Jobs that failed for good: kept for a month, so that someone can see why and try them again. */
import { sqlFromNow } from '../clock.js';
import { DomainError } from '../errors.js';
import type { Services } from '../services.js';
import { deadJobs } from './job-rows.js';

export interface DeadJob {
  id: string;
  name: string;
  payload: unknown;
  attempts: number;
  error: string | null;
  failedAt: Date;
}

const keptDays = 30;

/** The newest first, at most 200. */
export async function listDeadJobs(services: Services): Promise<DeadJob[]> {
  return deadJobs(services)
    .join('graphile_worker._private_tasks as tasks', 'tasks.id', 'jobs.task_id')
    .orderBy('jobs.id', 'desc')
    .limit(200)
    .select({
      id: services.db.raw('jobs.id::text'),
      name: 'tasks.identifier',
      payload: 'jobs.payload',
      attempts: 'jobs.attempts',
      error: 'jobs.last_error',
      failedAt: 'jobs.updated_at',
    });
}

/** Gives a dead job all its attempts again, from now. Throws `not_found`. */
export async function retryDeadJob(services: Services, id: string): Promise<void> {
  if (!/^\d{1,18}$/.test(id)) throw new DomainError('not_found', { subject: 'job' });
  const { rows } = await services.db.raw(
    `select id from graphile_worker.reschedule_jobs(
       array(?), run_at := now(), attempts := 0)`,
    [deadJobs(services).where('jobs.id', id).select('jobs.id')],
  );
  if (rows.length === 0) throw new DomainError('not_found', { subject: 'job' });
}

/** Forgets dead jobs after a month; at most `limit`, and returns how many. */
export async function deleteOldDeadJobs(services: Services, limit: number): Promise<number> {
  const old = deadJobs(services)
    .where('jobs.run_at', '<', sqlFromNow(services, -keptDays * 86_400))
    .limit(limit)
    .select('jobs.id');
  return deadJobs(services).whereIn('jobs.id', old).delete();
}
