/** The authorization server as a process of its own. */
import { sharedHandlers } from '../shared/maintenance/shared-handlers.js';
import { runServer } from '../shared/run-process.js';
import { createAuthApp } from './app.js';
import { authHandlers } from './job-handlers.js';

await runServer('auth', createAuthApp, { ...sharedHandlers, ...authHandlers });
