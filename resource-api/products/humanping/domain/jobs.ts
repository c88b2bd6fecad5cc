/** The background jobs of tasks with money behind them. */
import { atomicJob, type JobHandlers } from '../../../../shared/jobs/handlers.js';
import { expireTask } from './settlement.js';

declare module '../../../../shared/jobs/job-names.js' {
  interface JobPayloads {
    /** The name and the payload are stored in the queue, so they keep the words of the table. */
    'bounties.expire': { bountyId: string };
  }
}

export const taskHandlers = {
  'bounties.expire': atomicJob<{ bountyId: string }>((tx, { bountyId }) => expireTask(tx, bountyId)),
} satisfies JobHandlers;
