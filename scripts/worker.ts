/** `npm run start:worker`: background jobs in a process of their own, as many as you like. */
import { loadConfig } from '../shared/config.js';
import { sharedHandlers } from '../shared/jobs/shared-handlers.js';
import { startWorker } from '../shared/jobs/worker.js';
import { openServices, runProcess } from '../shared/run-process.js';

await runProcess(async (whenStopping) => {
  const services = await openServices(loadConfig(), whenStopping);
  const worker = await startWorker(services, sharedHandlers);
  whenStopping(() => worker.stop());
  return ['ready  worker'];
});
