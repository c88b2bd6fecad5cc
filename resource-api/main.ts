/** The resource API as a process of its own. */
import { runServer } from '../shared/run-process.js';
import { createResourceApi } from './app.js';

await runServer('api', createResourceApi);
