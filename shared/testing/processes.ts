/** Servers as processes of their own, for what has to hold between processes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Config } from '../config.js';
import { findFreePort } from '../embedded-postgres/cluster.js';
import { watchOver } from '../embedded-postgres/watchdog.js';

export interface ServerProcess {
  url: string;
  pid: number;
  stop(): Promise<void>;
}

/** Starts the resource API on a database and a Redis, and settles when it is ready; ends with the test file. */
export async function startApiProcess(config: Config): Promise<ServerProcess> {
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, ['scripts/run.js', 'resource-api/main'], {
    env: {
      PATH: process.env.PATH,
      LOG_LEVEL: 'silent',
      DATABASE_URL: config.databaseUrl,
      REDIS_URL: config.redisUrl,
      SECRET_KEY: config.secretKeys.map((key) => key.toString('hex')).join(),
      API_PORT: String(port),
      API_URL: url,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.pid === undefined) throw new Error('the API could not be started');
  const { pid } = child;
  // A worker that is killed leaves nothing behind.
  const watchdog = watchOver([pid]);
  const stop = async () => {
    watchdog.dismiss();
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  };
  afterAll(stop);
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) {
    if (line.startsWith('ready')) break;
  }
  if (child.exitCode !== null) throw new Error('the API did not start');
  return { url, pid, stop };
}
