/**
 * The one file that knows the inside of graphile-worker's tables, beyond the functions that it offers: its backoff
 * has no jitter, it has no list of dead letters, and it takes a dead worker's jobs back after four hours only.
 */
import type { Knex } from 'knex';
import { sqlFromNow, sqlNow } from '../clock.js';
import type { Services } from '../services.js';

const table = 'graphile_worker._private_jobs';
const free = { locked_by: null, locked_at: null };

export interface HeldJob {
  id: string;
  /** The pool of workers that holds it. */
  locked_by: string | null;
  attempts: number;
}

/** Locks the row of a running job until the end of the transaction; false when it is no longer ours. */
export async function lockJob(tx: Services, job: HeldJob): Promise<boolean> {
  const row = await tx.db(table).where({ id: job.id, locked_by: job.locked_by }).forUpdate().first('id');
  return row !== undefined;
}

export async function deleteJob(tx: Services, job: HeldJob): Promise<void> {
  await tx.db(table).where({ id: job.id }).delete();
}

/**
 * Prepares a failed job for its next attempt. graphile-worker then adds e^attempt seconds (at most six hours) to
 * the due time; what is set here puts it on our clock and spreads it by up to half of that.
 */
export async function spreadRetry(services: Services, job: HeldJob, hopeless: boolean): Promise<void> {
  const jitterSeconds = Math.random() * 0.5 * Math.exp(Math.min(job.attempts, 10));
  await services
    .db(table)
    .where({ id: job.id, locked_by: job.locked_by })
    .update({
      run_at: sqlFromNow(services, jitterSeconds),
      updated_at: sqlNow(services),
      ...(hopeless && { attempts: services.db.ref('max_attempts') }),
    });
}

const silenceSeconds = 45;

/**
 * Says that these pools of workers are alive, and frees jobs that nobody works on: those of pools that have been
 * silent for a while, and those that were given to our own while the connection broke, so that we never saw them.
 * `inHand` are the jobs that we do work on.
 */
export async function reportAlive(services: Services, poolIds: string[], inHand: string[]): Promise<void> {
  const { db } = services;
  // These two times are compared with graphile-worker's own, which is the bare clock of the database.
  const silent = db.raw(`now() - interval '${silenceSeconds} seconds'`);
  await db('job_workers')
    .insert(poolIds.map((pool_id) => ({ pool_id, seen_at: db.raw('now()') })))
    .onConflict('pool_id')
    .merge(['seen_at']);
  const alive = db('job_workers').where('seen_at', '>', silent).select('pool_id');
  await db(table)
    .where('locked_at', '<', silent)
    .where((query) =>
      query
        .whereNotIn('locked_by', alive)
        .orWhere((own) => own.whereIn('locked_by', poolIds).whereNotIn('id', inHand)),
    )
    .update(free);
  await db('job_workers').where('seen_at', '<', db.raw("now() - interval '1 day'")).delete();
}

/** Takes pools of workers off the list at their end, and frees the jobs that they leave behind. */
export async function reportGone(services: Services, poolIds: string[]): Promise<void> {
  await services.db(table).whereIn('locked_by', poolIds).update(free);
  await services.db('job_workers').whereIn('pool_id', poolIds).delete();
}

/** Jobs that were tried as often as they may be, and failed. */
export const deadJobs = (services: Services): Knex.QueryBuilder =>
  services.db(`${table} as jobs`).whereNull('locked_at').whereRaw('attempts >= max_attempts');

/** Makes what is due on a moved clock due on the database's own too, and counts it. For tests. */
export async function pullDueJobs(services: Services, names: string[]): Promise<number> {
  const { db } = services;
  return db(table)
    .where({ is_available: true })
    .where('run_at', '<=', sqlNow(services))
    .whereIn('task_id', db('graphile_worker._private_tasks').whereIn('identifier', names).select('id'))
    .update({ run_at: db.raw('least(run_at, now())') });
}
