/** The background jobs of the authorization server, besides those that any process can run. */
import type { JobHandlers } from '../shared/jobs/handlers.js';
import { notifyLogout } from './endpoints/logout-notices.js';

export const authHandlers = { 'logout.notify': notifyLogout } satisfies JobHandlers;
