/** The background jobs of the resource API, beside those that either server runs. */
import type { JobHandlers } from '../shared/jobs/handlers.js';
import { erasureHandlers } from './account-erasure.js';
import { bountyHandlers } from './domain/bounty-handlers.js';
import { dispatchHandlers } from './domain/dispatch/jobs.js';
import { reviewHandlers } from './domain/reviews/jobs.js';
import { simulationHandlers } from './simulator/steps.js';
import { webhookHandlers } from './webhooks/handlers.js';

export const apiHandlers = {
  ...bountyHandlers,
  ...dispatchHandlers,
  ...erasureHandlers,
  ...reviewHandlers,
  ...simulationHandlers,
  ...webhookHandlers,
} satisfies JobHandlers;
