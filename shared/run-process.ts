/**
 * The frame around every process that serves: start, say that it is ready, wait for a signal, stop in the reverse
 * order of the start. A StartupError ends it with its one sentence; SIGTERM and Ctrl-C end it
 * cleanly; after 25 seconds it ends in any case.
 *
 * Signals may come twice (npm passes on the Ctrl-C that the terminal has sent to all), so a repeated one is
 * ignored rather than taken for impatience.
 */
import { type Config, loadConfig } from './config.js';
import { type App, serve } from './http/serve.js';
import type { JobHandlers } from './jobs/handlers.js';
import { startWorker } from './jobs/worker.js';
import { registerDatabaseMetrics } from './metrics/database-metrics.js';
import { registerProcessMetrics } from './metrics/metrics.js';
import { startMetricsServer } from './metrics/metrics-server.js';
import { checkDatabase, checkMigrated } from './postgres/database-check.js';
import { checkRedis } from './redis/redis-check.js';
import { checkSecretKey } from './secret-key-check.js';
import { closeServices, createServices, type Services } from './services.js';
import { StartupError } from './startup-error.js';

/** Registers what has to be done when the process ends; the last registered is done first. */
export type WhenStopping = (task: () => Promise<void>) => void;

const stopDeadlineMs = 25_000;

/** @param start does everything up to serving, and returns the lines to print when it is done */
export async function runProcess(start: (whenStopping: WhenStopping) => Promise<string[]>): Promise<void> {
  const tasks: Array<() => Promise<void>> = [];
  const signal = new Promise<void>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(name, () => {
        setTimeout(giveUp, stopDeadlineMs).unref();
        resolve();
      });
    }
  });
  let status = 0;
  try {
    const lines = await start((task) => tasks.push(task));
    for (const line of lines) console.log(line);
    await signal;
  } catch (error) {
    status = 1;
    explain(error);
  }
  for (const task of tasks.reverse()) await task().catch(explain);
  process.exit(status);
}

/** Runs one server and its background jobs as a process of its own, against DATABASE_URL. */
export function runServer(name: ServerName, createApp: CreateApp, handlers: JobHandlers): Promise<void> {
  return runProcess(async (whenStopping) => {
    const services = await openServices(loadConfig(), whenStopping);
    const close = await startServer(services, name, createApp);
    const worker = await startWorker(services, handlers);
    whenStopping(async () => {
      await Promise.all([close(), worker.stop()]);
    });
    return [`ready  ${name} ${publicAddress(services, name)}`];
  });
}

/** The services of a process that works on a database which others have prepared. Throws a StartupError. */
export async function openServices(config: Config, whenStopping: WhenStopping): Promise<Services> {
  if (config.databaseUrl === undefined) {
    throw new StartupError(
      'DATABASE_URL is missing: a process of its own needs a database that others reach too ("npm start" brings one and runs everything).',
    );
  }
  await checkDatabase(config.databaseUrl);
  if (config.databaseDirectUrl !== undefined)
    await checkDatabase(config.databaseDirectUrl, 'DATABASE_DIRECT_URL');
  await checkMigrated(config.databaseDirectUrl ?? config.databaseUrl);
  const services = createServices(config);
  whenStopping(() => closeServices(services));
  await checkSecretKey(services);
  await checkRedis(services);
  registerProcessMetrics(services);
  registerDatabaseMetrics(services);
  const metrics = await startMetricsServer(services);
  if (metrics) whenStopping(metrics.close);
  return services;
}

export type ServerName = 'auth' | 'api';

export type CreateApp = (services: Services) => App | Promise<App>;

/** @returns what stops it again */
export async function startServer(
  services: Services,
  name: ServerName,
  createApp: CreateApp,
): Promise<() => Promise<void>> {
  const { host, authPort, apiPort } = services.config;
  const [port, portName] = name === 'auth' ? [authPort, 'AUTH_PORT'] : [apiPort, 'API_PORT'];
  const app = await createApp(services);
  // The first calls would be counted by this process alone otherwise; without Redis this takes a second at most.
  await services.redis.settled;
  try {
    const server = await serve({ handler: app.handler, upgrade: app.upgrade, host, port, portName });
    return async () => {
      await Promise.all([server.close(), app.close()]);
    };
  } catch (error) {
    await app.close();
    throw error;
  }
}

export function publicAddress({ config }: Services, name: ServerName): string {
  return name === 'auth' ? config.issuer : config.apiUrl;
}

function explain(error: unknown): void {
  console.error(error instanceof StartupError ? error.message : error);
}

function giveUp(): void {
  console.error(`Latchkey did not stop within ${stopDeadlineMs / 1000} seconds and breaks off.`);
  process.exit(1);
}
