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
  /** What it has logged and printed so far. */
  output(): string;
  /** What it has written to standard error so far. */
  errors(): string;
  stop(): Promise<void>;
  /** Ends it as a power cut would: nothing is finished. */
  kill(): Promise<void>;
}

/** Starts the resource API on a database and a Redis, and settles when it is ready; ends with the test file. */
export async function startApiProcess(config: Config): Promise<ServerProcess> {
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  return start('resource-api/main', url, config, { API_PORT: String(port), API_URL: url });
}

/** The same for the authorization server, whose issuer is `config.issuer` unless `variables` say otherwise. */
export async function startAuthProcess(
  config: Config,
  variables: Record<string, string> = {},
): Promise<ServerProcess> {
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const own = { AUTH_PORT: String(port), ISSUER: config.issuer, API_URL: config.apiUrl };
  return start('auth-server/main', url, config, { ...own, ...variables });
}

async function start(
  entry: string,
  url: string,
  config: Config,
  variables: Record<string, string>,
): Promise<ServerProcess> {
  const child = spawn(process.execPath, ['scripts/run.js', entry], {
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'test',
      LOG_LEVEL: 'silent',
      DATABASE_URL: config.databaseUrl,
      REDIS_URL: config.redisUrl,
      SECRET_KEY: config.secretKeys.map((key) => key.toString('hex')).join(),
      ...variables,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${entry} could not be started`);
  // A worker that is killed leaves nothing behind.
  const watchdog = watchOver([pid]);
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    watchdog.dismiss();
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };
  afterAll(() => end('SIGTERM'));
  const printed: string[] = [];
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk;
  });
  const lines = createInterface({ input: child.stdout });
  const ready = new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => {
      printed.push(line);
      if (line.startsWith('ready')) resolve();
    });
    child.once('exit', () => reject(new Error(`${entry} did not start: ${errors}`)));
  });
  await ready;
  return {
    url,
    pid,
    output: () => printed.join('\n'),
    errors: () => errors,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}
