/** The background jobs of tasks with money behind them. */
import { atomicJob, type JobHandlers } from '../../../../shared/jobs/handlers.js';
import { expireBounty } from './bounty-settlement.js';

export const bountyHandlers = {
  'bounties.expire': atomicJob<{ bountyId: string }>((tx, { bountyId }) => expireBounty(tx, bountyId)),
} satisfies JobHandlers;
