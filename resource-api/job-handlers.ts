/** The background jobs of the resource API, beside those that either server runs. */
import type { JobHandlers } from '../shared/jobs/handlers.js';
import { erasureHandlers } from './account-erasure.js';
import { productApis } from './products/index.js';
import { webhookHandlers } from './webhooks/handlers.js';

export const apiHandlers: JobHandlers = {
  ...erasureHandlers,
  ...webhookHandlers,
  ...Object.assign({}, ...productApis.map(({ jobs }) => jobs)),
};
