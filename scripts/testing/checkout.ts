/**
 * A copy of the project in a folder of its own, as after `git clone`, and its commands run there as a person would
 * run them. Nothing of the test run's environment reaches them. Dependencies are linked, not installed again.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { findFreePort } from '../../shared/embedded-postgres/cluster.js';
import { isAlive } from '../../shared/embedded-postgres/postmaster-file.js';
import { watchOver } from '../../shared/embedded-postgres/watchdog.js';

const sources = [
  'auth-server',
  'migrations',
  'package-lock.json',
  'package.json',
  'resource-api',
  'scripts',
  'shared',
  'tsconfig.build.json',
  'tsconfig.json',
];

export interface Finished {
  status: number | null;
  output: string;
  errors: string;
}

export interface Checkout {
  folder: string;
  authUrl: string;
  apiUrl: string;
  /** Runs a command to its end. */
  run(command: string, environment?: Record<string, string>): Promise<Finished>;
  /** Starts a command that goes on, and waits for the line that says that it is ready. */
  start(command: string, environment?: Record<string, string>): Promise<Started>;
  /** The process number of the embedded Postgres, while it runs. */
  findPostmaster(): Promise<number | undefined>;
}

export interface Started {
  process: ChildProcess;
  /** All that it has printed so far. */
  output(): string;
  /** Its end; with a time limit, since a process that does not end is what some tests look for. */
  finished: Promise<Finished>;
}

/** @param mode of the folder: 0o700 shuts out the user whom root lends to Postgres */
export async function createCheckout(mode = 0o755): Promise<Checkout> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-checkout-'));
  await chmod(folder, mode);
  await Promise.all(
    sources.map((source) =>
      cp(source, join(folder, source), { recursive: true, filter: (path) => !/\.test\.tsx?$/.test(path) }),
    ),
  );
  await symlink(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
  const [authPort, apiPort] = [await findFreePort(), await findFreePort()];
  const children = new Set<ChildProcess>();

  function launch(command: string, environment: Record<string, string> = {}): ChildProcess {
    const { PATH, HOME } = process.env;
    const env = {
      PATH,
      HOME,
      AUTH_PORT: String(authPort),
      API_PORT: String(apiPort),
      LOG_LEVEL: 'warn',
      ...environment,
    };
    const child = spawn('sh', ['-c', `exec ${command}`], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that npm and what it started can be ended together.
      detached: true,
    });
    children.add(child);
    child.once('exit', () => children.delete(child));
    if (child.pid !== undefined) child.once('exit', watchOver([child.pid]).dismiss);
    return child;
  }

  async function findPostmaster(): Promise<number | undefined> {
    const cluster = await clusterOf(folder);
    const file = cluster && (await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => undefined));
    const pid = Number.parseInt(file ?? '', 10);
    return isAlive(pid) ? pid : undefined;
  }

  afterAll(async () => {
    for (const { pid } of children) if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    while ((await findPostmaster()) !== undefined) await nextTurn();
    // Where root lent a user to Postgres, the cluster may lie outside.
    const cluster = await clusterOf(folder);
    if (cluster !== undefined) await rm(dirname(cluster), { recursive: true, force: true });
    await rm(folder, { recursive: true, force: true });
  });

  return {
    folder,
    authUrl: `http://localhost:${authPort}`,
    apiUrl: `http://localhost:${apiPort}`,
    findPostmaster,
    run: (command, environment) => finish(launch(command, environment)),
    async start(command, environment) {
      const child = launch(command, environment);
      let output = '';
      child.stdout?.on('data', (chunk) => {
        output += chunk;
      });
      const finished = finish(child);
      while (!/^ready .*\n/m.test(output)) {
        const ended = await Promise.race([finished, nextTurn()]);
        if (ended !== undefined) throw new Error(`${command} did not become ready: ${output}${ended.errors}`);
      }
      return { process: child, output: () => output, finished };
    },
  };
}

async function finish(child: ChildProcess): Promise<Finished> {
  const exited = once(child, 'exit');
  const [output, errors] = await Promise.all([readAll(child.stdout), readAll(child.stderr)]);
  const [status] = await exited;
  return { status, output, errors };
}

async function readAll(stream: ChildProcess['stdout']): Promise<string> {
  return stream === null ? '' : text(stream);
}

async function clusterOf(folder: string): Promise<string | undefined> {
  const record = await readFile(join(folder, '.data', 'postgres.json'), 'utf8').catch(() => undefined);
  return record === undefined ? undefined : JSON.parse(record).folder;
}

/** Another process needs a moment; nothing here tells when it is done. */
function nextTurn(): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), 20));
}
