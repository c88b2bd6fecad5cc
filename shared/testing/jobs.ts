/** Runs background jobs in a test: whatever is due on the moved clock, and what that brings about, until nothing is. */
import { Logger, runOnce } from 'graphile-worker';
import { connectQueue } from '../jobs/connections.js';
import type { JobHandlers } from '../jobs/handlers.js';
import { pullDueJobs } from '../jobs/job-rows.js';
import { tasksOf } from '../jobs/tasks.js';
import type { Services } from '../services.js';

export interface JobsRun {
  failures: { name: string; error: unknown; dead: boolean }[];
}

/**
 * Runs due jobs of the given kinds one after another and returns the attempts that failed. Those wait for their
 * backoff as usual: move the clock and call again.
 */
export async function runDueJobs(services: Services, handlers: JobHandlers): Promise<JobsRun> {
  const failures: JobsRun['failures'] = [];
  const onFailure = (name: string, error: unknown, dead: boolean) => failures.push({ name, error, dead });
  const run = { services, stopping: new AbortController().signal, inHand: new Set<string>(), onFailure };
  const taskList = tasksOf(run, handlers);
  const pgPool = connectQueue(services, 2);
  const logger = new Logger(() => () => undefined);
  try {
    for (let round = 0; (await pullDueJobs(services, Object.keys(taskList))) > 0; round += 1) {
      if (round > 100) throw new Error('Jobs go on making new jobs that are due at once.');
      await runOnce({ pgPool, taskList, noHandleSignals: true, logger });
    }
  } finally {
    await pgPool.end();
  }
  return { failures };
}
