/** `npm run start:worker`: background jobs in a process of their own, as many as you like. */
import { loadConfig } from '../shared/config.js';
import { startWorker } from '../shared/jobs/worker.js';
import { openServices, runProcess } from '../shared/run-process.js';
import { allHandlers } from './job-handlers.js';

await runProcess(async (whenStopping) => {
  const services = await openServices(loadConfig(), whenStopping);
  const worker = await startWorker(services, allHandlers);
  whenStopping(() => worker.stop());
  return ['ready  worker'];
});
