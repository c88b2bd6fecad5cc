/**
 * graphile-worker for one group of jobs, and what it needs to be told. It gives up as a whole when it cannot write a
 * result (a restarted database, say); then it is started again here, and what it held is freed.
 */
import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger as JobLogger, parseCronItems, type Runner, run, type WorkerEvents } from 'graphile-worker';
import type pg from 'pg';
import type { Services } from '../services.js';
import type { JobGroup, JobHandlers } from './handlers.js';
import { reportGone } from './job-rows.js';
import { listHandlers, type Run, tasksOf } from './tasks.js';

export interface GroupRunner {
  /** Under which name it holds jobs; another after each restart. */
  poolId(): string;
  /** Settles when it was stopped. */
  stopped: Promise<void>;
}

/** Jobs that run side by side, by group. They mostly wait: for Postgres, for a mail server, for receivers. */
export const places: Record<JobGroup, number> = { general: 8, deliveries: 40 };

const restartAfterMs = 1_000;

/** Runs the jobs of a group until `stopping` is aborted; undefined when there are none. Throws without a database. */
export async function startRunner(
  context: Run,
  connections: pg.Pool,
  handlers: JobHandlers,
  group: JobGroup,
): Promise<GroupRunner | undefined> {
  const { services, stopping } = context;
  const taskList = tasksOf(context, handlers, group);
  if (Object.keys(taskList).length === 0) return undefined;
  let poolId = '';
  const start = () => {
    const events: WorkerEvents = new EventEmitter();
    events.on('pool:create', ({ workerPool }) => {
      poolId = workerPool.id;
    });
    return run({
      pgPool: connections,
      taskList,
      // One group enqueues for all; any number of processes enqueue a periodic job once.
      parsedCronItems: group === 'general' ? cronItems(handlers) : [],
      noHandleSignals: true,
      events,
      logger: quietLogger(services),
      preset: {
        worker: {
          concurrentJobs: places[group],
          pollInterval: 1_000,
          // One look for jobs per process rather than one per place; what it cannot begin soon goes back.
          localQueue: { size: places[group], ttl: 5_000 },
          // Without a delay a result that cannot be written is a rejection that nobody handles.
          completeJobBatchDelay: 0,
          failJobBatchDelay: 0,
        },
      },
    });
  };
  const keepRunning = async (first: Runner) => {
    for (let runner: Runner | undefined = first; ; ) {
      if (runner) {
        await endOf(runner, stopping);
        await reportGone(services, [poolId]).catch(() => undefined);
      }
      if (stopping.aborted) return;
      await sleep(restartAfterMs, undefined, { signal: stopping }).catch(() => undefined);
      runner = stopping.aborted ? undefined : await start().catch(() => undefined);
    }
  };
  const first = await start();
  return { poolId: () => poolId, stopped: keepRunning(first) };
}

/** Why a runner ended is in the log of its own failures; that it did is enough here. */
async function endOf(runner: Runner, stopping: AbortSignal): Promise<void> {
  const stop = () => void runner.stop().catch(() => undefined);
  if (stopping.aborted) stop();
  stopping.addEventListener('abort', stop);
  await runner.promise.catch(() => undefined);
  stopping.removeEventListener('abort', stop);
}

/** A periodic job that has not run yet is not enqueued a second time. */
function cronItems(handlers: JobHandlers) {
  return parseCronItems(
    listHandlers(handlers).flatMap(([task, { cron }]) =>
      cron === undefined
        ? []
        : [{ task, match: cron, options: { jobKey: `cron:${task}`, jobKeyMode: 'preserve_run_at' } }],
    ),
  );
}

/** graphile-worker reports each failure too, with the job's payload; `onFailure` has already said it. */
function quietLogger({ logger }: Services): JobLogger {
  return new JobLogger(() => (level, message) => {
    if (level === 'error') logger.debug({ detail: message }, 'job queue');
  });
}
