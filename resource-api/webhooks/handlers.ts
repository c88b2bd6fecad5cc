/** The background jobs of webhooks. */
import { atomicJob, type JobHandlers } from '../../shared/jobs/handlers.js';
import { deliveryJob } from './delivery-job.js';
import { deleteOldWebhooks, wakeOverdueLanes } from './upkeep.js';

/** A receiver has this long for its whole answer. */
const timeoutMs = 15_000;

export const webhookHandlers = {
  'webhooks.deliver': deliveryJob(timeoutMs),
  'webhooks.sweep': atomicJob(wakeOverdueLanes, { cron: '* * * * *' }),
  'webhooks.cleanup': atomicJob(deleteOldWebhooks, { cron: '31 * * * *' }),
} satisfies JobHandlers;
