/**
 * Runs due jobs in this process until it is told to stop. Any number of processes may do so against one database;
 * each takes only the kinds of jobs that it has a handler for.
 *
 * graphile-worker gives up as a whole when it cannot write a result (a restarted database), so it is started again
 * here; the jobs it held are freed once it has been silent for a while.
 */
import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger as JobLogger, parseCronItems, type Runner, run, type WorkerEvents } from 'graphile-worker';
import type { Services } from '../services.js';
import { connectQueue } from './connections.js';
import type { JobGroup, JobHandlers } from './handlers.js';
import { reportAlive, reportGone } from './job-rows.js';
import { listHandlers, tasksOf } from './tasks.js';

export interface JobWorker {
  /** Takes no further job, waits for the running ones, and returns. */
  stop(): Promise<void>;
}

/** Jobs that run side by side, by group. They mostly wait: for Postgres, for a mail server, for receivers. */
const places: Record<JobGroup, number> = { general: 8, deliveries: 40 };

const aliveEveryMs = 10_000;
const restartAfterMs = 1_000;

/** Starts to run jobs. Throws when the database cannot be reached. */
export async function startWorker(services: Services, handlers: JobHandlers): Promise<JobWorker> {
  const { logger } = services;
  const stopping = new AbortController();
  const pool = connectQueue(services, 8);
  const poolIds = new Map<JobGroup, string>();

  const startGroup = async (group: JobGroup): Promise<Runner | undefined> => {
    const taskList = tasksOf({ services, stopping: stopping.signal, onFailure }, handlers, group);
    if (Object.keys(taskList).length === 0) return undefined;
    const events: WorkerEvents = new EventEmitter();
    events.on('pool:create', ({ workerPool }) => poolIds.set(group, workerPool.id));
    return run({
      pgPool: pool,
      taskList,
      parsedCronItems: group === 'general' ? cronItems(handlers) : [],
      noHandleSignals: true,
      events,
      logger: quietLogger(services),
      preset: {
        worker: {
          concurrentJobs: places[group],
          pollInterval: 1_000,
          // One look for jobs per process rather than one per place.
          localQueue: { size: places[group] },
          // Without a delay a result that cannot be written is a rejection that nobody handles.
          completeJobBatchDelay: 0,
          failJobBatchDelay: 0,
        },
      },
    });
  };

  const onFailure = (name: string, error: unknown, last: boolean) =>
    logger[last ? 'error' : 'warn']({ err: error, job: name }, last ? 'a job is dead' : 'a job failed');

  const reportLife = () =>
    reportAlive(services, [...poolIds.values()]).catch((error: unknown) =>
      logger.warn({ err: error }, 'the job runner cannot say that it is alive'),
    );

  const groups = Object.keys(places) as JobGroup[];
  const running: Promise<void>[] = [];
  for (const group of groups) {
    const runner = await startGroup(group);
    if (runner) running.push(keepRunning(runner, () => startGroup(group), stopping.signal));
  }
  await reportLife();
  const timer = setInterval(reportLife, aliveEveryMs);

  return {
    async stop() {
      stopping.abort();
      await Promise.all(running);
      clearInterval(timer);
      await reportGone(services, [...poolIds.values()]);
      await pool.end();
    },
  };
}

/** Replaces a runner that ended by itself, until `stopping`; resolves when the last one has stopped. */
async function keepRunning(
  first: Runner,
  restart: () => Promise<Runner | undefined>,
  stopping: AbortSignal,
): Promise<void> {
  let runner: Runner | undefined = first;
  for (;;) {
    if (runner) await endOf(runner, stopping);
    if (stopping.aborted) return;
    await sleep(restartAfterMs, undefined, { signal: stopping }).catch(() => undefined);
    runner = stopping.aborted ? undefined : await restart().catch(() => undefined);
  }
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
