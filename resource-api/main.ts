/** The resource API as a process of its own. */
import { sharedHandlers } from '../shared/maintenance/shared-handlers.js';
import { runServer } from '../shared/run-process.js';
import { createResourceApi } from './app.js';
import { apiHandlers } from './job-handlers.js';

await runServer('api', createResourceApi, { ...sharedHandlers, ...apiHandlers });
