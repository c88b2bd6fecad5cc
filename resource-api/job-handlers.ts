/** The background jobs of the resource API, beside those that either server runs. */
import type { JobHandlers } from '../shared/jobs/handlers.js';
import { erasureHandlers } from './account-erasure.js';
import { dispatchHandlers } from './products/haas/dispatch/jobs.js';
import { simulationHandlers } from './products/haas/simulator/steps.js';
import { reviewHandlers } from './products/hitl/domain/jobs.js';
import { bountyHandlers } from './products/humanping/domain/bounty-handlers.js';
import { webhookHandlers } from './webhooks/handlers.js';

export const apiHandlers = {
  ...bountyHandlers,
  ...dispatchHandlers,
  ...erasureHandlers,
  ...reviewHandlers,
  ...simulationHandlers,
  ...webhookHandlers,
} satisfies JobHandlers;
