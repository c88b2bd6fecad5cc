/**
 * `npm start`: everything in one process, for a developer's machine. The embedded Postgres unless DATABASE_URL names
 * another, its schema brought up to date, both servers and the background jobs, and something to try it with.
 */
import { createAuthApp } from '../../auth-server/app.js';
import { createResourceApi } from '../../resource-api/app.js';
import { loadConfig } from '../../shared/config.js';
import { startWorker } from '../../shared/jobs/worker.js';
import { registerDatabaseMetrics } from '../../shared/metrics/database-metrics.js';
import { registerProcessMetrics } from '../../shared/metrics/metrics.js';
import { startMetricsServer } from '../../shared/metrics/metrics-server.js';
import { migrateUp } from '../../shared/postgres/migrate.js';
import { checkRedis } from '../../shared/redis/redis-check.js';
import { runProcess, startServer } from '../../shared/run-process.js';
import { closeServices, createServices } from '../../shared/services.js';
import { allHandlers } from '../job-handlers.js';
import { openDatabase } from '../open-database.js';
import { prepareDemo } from './demo-data.js';

await runProcess(async (whenStopping) => {
  const config = loadConfig();
  const database = await openDatabase(config, 'serve');
  whenStopping(database.stop);
  await migrateUp(database.directUrl);
  const services = createServices({
    ...config,
    databaseUrl: database.url,
    databaseDirectUrl: database.directUrl,
  });
  whenStopping(() => closeServices(services));
  await checkRedis(services);
  registerProcessMetrics(services);
  registerDatabaseMetrics(services);
  const metrics = await startMetricsServer(services);
  if (metrics) whenStopping(metrics.close);

  // Side by side: one after the other, two busy servers would need twice the time that there is for stopping.
  const parts: Array<() => Promise<void>> = [];
  whenStopping(async () => {
    await Promise.all(parts.map((stop) => stop()));
  });
  parts.push(await startServer(services, 'auth', createAuthApp));
  parts.push(await startServer(services, 'api', createResourceApi));
  const worker = await startWorker(services, allHandlers);
  parts.push(() => worker.stop());

  const demo = database.embedded ? await prepareDemo(services) : [];
  return [`ready  auth ${config.issuer}  api ${config.apiUrl}`, ...demo];
});
