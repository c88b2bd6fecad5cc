/**
 * Runs due jobs in this process until it is told to stop. Any number of processes may do so against one database;
 * each takes only the kinds of jobs that it has a handler for.
 */
import type { Services } from '../services.js';
import { connectQueue } from './connections.js';
import type { JobGroup, JobHandlers } from './handlers.js';
import { reportAlive } from './job-rows.js';
import { places, startRunner } from './runner.js';
import type { Run } from './tasks.js';

export interface JobWorker {
  /** Takes no further job, waits for the running ones, and returns. */
  stop(): Promise<void>;
}

const connectionCount = 8;
const aliveEveryMs = 10_000;

/** Starts to run jobs. Throws when the database cannot be reached. */
export async function startWorker(services: Services, handlers: JobHandlers): Promise<JobWorker> {
  const { logger } = services;
  const stopping = new AbortController();
  const context: Run = {
    services,
    stopping: stopping.signal,
    inHand: new Set(),
    onFailure: (name, error, last) =>
      logger[last ? 'error' : 'warn']({ err: error, job: name }, last ? 'a job is dead' : 'a job failed'),
  };
  const connections = connectQueue(services, connectionCount);
  const groups = Object.keys(places) as JobGroup[];
  const started = await Promise.all(
    groups.map((group) => startRunner(context, connections, handlers, group)),
  );
  const runners = started.filter((runner) => runner !== undefined);

  const reportLife = () =>
    reportAlive(
      services,
      runners.map((runner) => runner.poolId()),
      [...context.inHand],
    ).catch((error: unknown) => logger.warn({ err: error }, 'the job runner cannot say that it is alive'));
  await reportLife();
  const timer = setInterval(reportLife, aliveEveryMs);

  return {
    async stop() {
      stopping.abort();
      await Promise.all(runners.map((runner) => runner.stopped));
      clearInterval(timer);
      await connections.end();
    },
  };
}
