/**
 * Putting work off. A job is a row in the caller's transaction: when that is rolled back, it never was; once it is
 * committed, it runs, whatever happens to this process. Due times are the database's clock.
 */
import { sqlFromNow } from '../clock.js';
import type { Services } from '../services.js';
import type { JobName, JobPayloads } from './job-names.js';

export interface JobOptions {
  /** Not before this time; at once without it. For a time that lies a fixed span ahead use `inSeconds`. */
  runAt?: Date;
  /** Not before this many seconds from now, by the database's clock. */
  inSeconds?: number;
  /** A job that still waits under this key is replaced; one that already runs is left to finish beside the new. */
  jobKey?: string;
  /** Attempts before it is a dead letter; 12 (about one day) without it. */
  maxAttempts?: number;
}

const defaultMaxAttempts = 12;

/** Enqueues a job in the caller's transaction. */
export async function enqueueJob<Name extends JobName>(
  services: Services,
  name: Name,
  payload: JobPayloads[Name],
  { runAt, inSeconds, jobKey, maxAttempts = defaultMaxAttempts }: JobOptions = {},
): Promise<void> {
  // A job for now is due by the machine's own clock too, so that a running worker takes it in a test whose clock
  // has been moved forward.
  const due = inSeconds === undefined ? (runAt ?? null) : sqlFromNow(services, inSeconds);
  await services.db.raw(
    `select graphile_worker.add_job(?, ?::json, run_at := ?::timestamptz, max_attempts := ?::integer,
       job_key := ?::text)`,
    [name, JSON.stringify(payload), due, maxAttempts, jobKey ?? null],
  );
}

/** Takes back the job that waits under this key; one that already runs is not retried if it fails. */
export async function cancelJob(services: Services, jobKey: string): Promise<void> {
  await services.db.raw('select graphile_worker.remove_job(?)', [jobKey]);
}
