/** Every background job there is, for processes that run all of Latchkey. */
import { authHandlers } from '../auth-server/job-handlers.js';
import { apiHandlers } from '../resource-api/job-handlers.js';
import { sharedHandlers } from '../shared/maintenance/shared-handlers.js';

export const allHandlers = { ...sharedHandlers, ...authHandlers, ...apiHandlers };
