/** The background jobs of webhooks. */
import { atomicJob, type JobHandlers } from '../../shared/jobs/handlers.js';
import { deliveryJob } from './delivery-job.js';
import { deleteOldWebhooks, wakeOverdueLanes } from './upkeep.js';

export const webhookHandlers = {
  'webhooks.deliver': deliveryJob,
  'webhooks.sweep': atomicJob(wakeOverdueLanes, { cron: '* * * * *' }),
  'webhooks.cleanup': atomicJob(deleteOldWebhooks, { cron: '31 * * * *' }),
} satisfies JobHandlers;
