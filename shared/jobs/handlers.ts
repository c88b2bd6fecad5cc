/**
 * What runs when a job is due. A process that dies half-way leaves its job behind and another one runs it again,
 * so "at least once" is all that a queue can promise; "takes effect exactly once" is made here, in two ways:
 *
 * - `atomicJob`: works in the database only. It runs in one transaction that also deletes the job, after locking
 *   the job's row as its own. Either both happen or neither; a second worker that was given the same job, because
 *   the first was taken for dead, waits for that lock and then finds nothing left to do.
 * - `outwardJob`: talks to the world (SMTP, HTTP), which no transaction can take back. It may run again after a
 *   crash and must present the same id each time (Message-ID, webhook-id), by which the other side can tell.
 */
import type { Services } from '../services.js';
import type { JobName, JobPayloads } from './job-names.js';

export interface JobContext {
  /** How often this job has been tried, this time included. */
  attempt: number;
  /** No further attempt follows this one. */
  last: boolean;
  /** Aborted when the process wants to stop: finish what is begun, begin nothing. */
  stopping: AbortSignal;
}

interface Options {
  /** When it runs by itself, as a crontab line in UTC; jobs of that kind carry no payload. */
  cron?: string;
  /** `deliveries` wait for strangers' servers, and have places of their own so that nothing else waits for them. */
  group?: JobGroup;
}

export type JobGroup = 'general' | 'deliveries';

export interface JobHandler<Payload> extends Options {
  kind: 'atomic' | 'outward';
  work(services: Services, payload: Payload, job: JobContext): Promise<void>;
}

/** The jobs that a process is ready to run. */
export type JobHandlers = { [Name in JobName]?: JobHandler<JobPayloads[Name]> };

/** A job whose whole effect is in the database; `services` is its transaction. */
export function atomicJob<Payload>(
  work: JobHandler<Payload>['work'],
  options: Options = {},
): JobHandler<Payload> {
  return { kind: 'atomic', work, ...options };
}

/** A job that reaches out of the database; `services` is no transaction. */
export function outwardJob<Payload>(
  work: JobHandler<Payload>['work'],
  options: Options = {},
): JobHandler<Payload> {
  return { kind: 'outward', work, ...options };
}

/** Thrown by a handler for which no further attempt makes sense: the job becomes a dead letter at once. */
export class HopelessJobError extends Error {}
