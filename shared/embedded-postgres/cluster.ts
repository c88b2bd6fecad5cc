/**
 * One Postgres data folder (a "cluster"): made by initdb, run by a postmaster on a free port of 127.0.0.1
 * that asks for a password. Connections are TCP only, so nothing is left in /tmp and no two servers meet there.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chown, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { StartupError } from '../startup-error.js';
import type { Binaries } from './binaries.js';
import { readPostmasterFile } from './postmaster-file.js';
import type { SystemUser } from './system-user.js';
import { watchOver } from './watchdog.js';

const databaseOwner = 'latchkey';

export interface Cluster {
  folder: string;
  binaries: Binaries;
  user: SystemUser | undefined;
  password: string;
}

export interface RunningCluster {
  pid: number;
  url: string;
  stop(): Promise<void>;
}

/** Another postmaster holds the data folder; Postgres found it by its own lock. */
export class ClusterInUse extends Error {}

/** PGPORT, PGDATA and their kin in a developer's shell are meant for other servers. */
const environment = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' };

const startTimeoutMs = 60_000;
const stopTimeoutMs = 10_000;

/** A finished cluster appears under its name in one step, so that a crash leaves none half made. */
export async function createCluster({ folder, binaries, user, password }: Cluster, flags: string[] = []) {
  const draft = `${folder}.${randomBytes(6).toString('hex')}`;
  const passwordFile = `${draft}.password`;
  try {
    await mkdir(draft, { mode: 0o700 });
    await writeFile(passwordFile, password, { mode: 0o600 });
    if (user !== undefined) {
      await chown(draft, user.uid, user.gid);
      await chown(passwordFile, user.uid, user.gid);
    }
    const initdb = spawn(
      binaries.initdb,
      [
        `--pgdata=${draft}`,
        `--username=${databaseOwner}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        // Postgres' own UTF-8 rules: the locales that a machine happens to have decide nothing.
        '--encoding=UTF8',
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        ...flags,
      ],
      { ...user, cwd: '/', env: environment, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let complaint = '';
    initdb.stderr.on('data', (chunk) => {
      complaint += chunk;
    });
    const [status] = await once(initdb, 'close');
    if (status !== 0) throw new StartupError(`Postgres could not prepare ${folder}: ${complaint.trim()}`);
    await rename(draft, folder).catch((error: NodeJS.ErrnoException) => {
      // Another start was quicker; its cluster has the same password and serves as well.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(passwordFile, { force: true });
    await rm(draft, { recursive: true, force: true });
  }
}

/**
 * Starts the postmaster and waits until it accepts connections. Throws ClusterInUse when another one holds
 * the folder, and a StartupError with Postgres' own words for every other failure.
 * @param logFile replaced at each start; holds messages about the server, never statements
 */
export async function startCluster(
  cluster: Cluster,
  { settings = {}, logFile }: { settings?: Record<string, string>; logFile: string },
): Promise<RunningCluster> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await findFreePort();
    // A log of its own at first: of two starts at a time, each must read why it failed, and only the one that runs
    // the cluster may take the name.
    const log = `${logFile}.${randomBytes(6).toString('hex')}`;
    const postmaster = await spawnPostmaster(cluster, port, settings, log);
    const pid = postmaster.pid;
    if (pid === undefined)
      throw new StartupError(`Postgres could not be started: ${cluster.binaries.postgres}`);
    const watchdog = watchOver([pid]);
    // Its number may soon be another program's: a watchdog of a process that has ended would bite that one.
    postmaster.once('exit', watchdog.dismiss);
    if (await becomesReady(postmaster, cluster.folder)) {
      await rename(log, logFile);
      // A handle that is waited for would keep a finished command from ending.
      postmaster.unref();
      const url = formatUrl(cluster, port);
      return { pid, url, stop: () => stopPostmaster(postmaster) };
    }
    await stopPostmaster(postmaster);
    const complaint = await readFile(log, 'utf8');
    await rm(log);
    if (/lock file "postmaster\.pid"|still in use/.test(complaint)) throw new ClusterInUse();
    // Between finding a free port and binding it, another process may have taken it.
    if (!/could not bind|Address already in use/.test(complaint) || attempt === 5) {
      throw new StartupError(`Postgres did not start: ${lastLines(complaint)}`);
    }
  }
}

/** initdb makes one database for use, named "postgres". */
export function formatUrl({ password }: Pick<Cluster, 'password'>, port: number): string {
  return `postgres://${databaseOwner}:${password}@127.0.0.1:${port}/postgres`;
}

async function spawnPostmaster(
  { folder, binaries, user }: Cluster,
  port: number,
  settings: Record<string, string>,
  logFile: string,
): Promise<ChildProcess> {
  const all: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // "log" ranks between error and fatal for the server's log: statements that fail are not written,
    // with the values that they carry.
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    ...settings,
  };
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const log = await open(logFile, 'wx', 0o600);
  try {
    return spawn(binaries.postgres, ['-D', folder, ...flags], {
      ...user,
      cwd: '/',
      env: environment,
      stdio: ['ignore', log.fd, log.fd],
      // Out of the terminal's process group: Ctrl-C must not stop the database before the servers.
      detached: true,
    });
  } finally {
    await log.close();
  }
}

async function becomesReady(postmaster: ChildProcess, folder: string): Promise<boolean> {
  const deadline = Date.now() + startTimeoutMs;
  let failed = false;
  postmaster.once('error', () => {
    failed = true;
  });
  while (Date.now() < deadline && !failed && isRunning(postmaster)) {
    const file = await readPostmasterFile(folder);
    if (file?.pid === postmaster.pid && file?.ready) return true;
    await sleep(20);
  }
  return false;
}

/** "Fast" (SIGINT) ends sessions and writes a checkpoint; the harder signals are for a server that hangs. */
async function stopPostmaster(postmaster: ChildProcess): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    if (!isRunning(postmaster)) return;
    postmaster.ref();
    const exited = once(postmaster, 'exit');
    postmaster.kill(signal);
    await Promise.race([exited, sleep(stopTimeoutMs, undefined, { ref: false })]);
  }
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

/** Free a moment ago: who binds it must be ready for another taking it first. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return address.port;
}

function lastLines(log: string): string {
  return log.trim().split('\n').slice(-3).join(' ');
}
