/** The background jobs of webhooks. */

import { atomicJob, type JobHandlers, outwardJob } from '../../shared/jobs/handlers.js';
import { cleanUp } from '../../shared/maintenance/cleanup.js';
import { deliveryJob } from './delivery-job.js';
import { wakeOverdueLanes, webhookCleanupTasks } from './upkeep.js';

declare module '../../shared/jobs/job-names.js' {
  interface JobPayloads {
    'webhooks.deliver': { laneId: string };
    'webhooks.sweep': Record<string, never>;
    'webhooks.cleanup': Record<string, never>;
  }
}

export const webhookHandlers = {
  'webhooks.deliver': deliveryJob,
  'webhooks.sweep': atomicJob(wakeOverdueLanes, { cron: '* * * * *' }),
  'webhooks.cleanup': outwardJob(
    async (services) => void (await cleanUp(services, { tasks: webhookCleanupTasks })),
    { cron: '31 * * * *' },
  ),
} satisfies JobHandlers;
