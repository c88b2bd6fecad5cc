/** Turns handlers into what graphile-worker calls, with the promises of handlers.ts around each. */
import type { Task, TaskList } from 'graphile-worker';
import { inTransaction, type Services } from '../services.js';
import { HopelessJobError, type JobGroup, type JobHandler, type JobHandlers } from './handlers.js';
import { deleteJob, lockJob, spreadRetry } from './job-rows.js';

/** Told of every attempt that failed. */
export type FailureListener = (name: string, error: unknown, last: boolean) => void;

export interface Run {
  services: Services;
  stopping: AbortSignal;
  onFailure: FailureListener;
  /** Ids of the jobs that this process works on at the moment. */
  inHand: Set<string>;
}

const rowDeletedWithinMs = 5_000;

/** The jobs of one group, or of all. */
export function tasksOf(run: Run, handlers: JobHandlers, group?: JobGroup): TaskList {
  const entries = listHandlers(handlers).filter(
    ([, handler]) => group === undefined || (handler.group ?? 'general') === group,
  );
  return Object.fromEntries(entries.map(([name, handler]) => [name, taskOf(run, name, handler)]));
}

/** The payload was checked against its name when it was enqueued; from here on it is data. */
export function listHandlers(handlers: JobHandlers): [name: string, handler: JobHandler<unknown>][] {
  return Object.entries(handlers) as [string, JobHandler<unknown>][];
}

function taskOf(
  { services, stopping, onFailure, inHand }: Run,
  name: string,
  handler: JobHandler<unknown>,
): Task {
  return async (payload, { job }) => {
    inHand.add(job.id);
    const context = { attempt: job.attempts, last: job.attempts >= job.max_attempts, stopping };
    try {
      if (handler.kind === 'outward') return await handler.work(services, payload, context);
      await inTransaction(services, async (tx) => {
        if (!(await lockJob(tx, job))) return;
        await handler.work(tx, payload, context);
        await deleteJob(tx, job);
      });
    } catch (error) {
      const hopeless = error instanceof HopelessJobError;
      onFailure(name, error, hopeless || context.last);
      await spreadRetry(services, job, hopeless);
      throw error;
    } finally {
      // Its row is deleted a moment later.
      setTimeout(() => inHand.delete(job.id), rowDeletedWithinMs).unref();
    }
  };
}
