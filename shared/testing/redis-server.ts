/**
 * A real Redis for tests. npm has none, so it comes from the PATH; where it is missing, root on Debian and anyone
 * with Homebrew get it installed, and everybody else is told what to do.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from '../embedded-postgres/cluster.js';
import { StartupError } from '../startup-error.js';

export interface RedisServer {
  pid: number;
  port: number;
  url: string;
  stop(): Promise<void>;
}

/** Starts a server on 127.0.0.1 that keeps nothing on disk, on a free port unless one is given. */
export async function startRedisServer(givenPort?: number): Promise<RedisServer> {
  const program = findProgram();
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    const port = givenPort ?? (await findFreePort());
    const flags = [
      '--bind',
      '127.0.0.1',
      '--port',
      `${port}`,
      '--save',
      '',
      '--appendonly',
      'no',
      '--dir',
      '/',
    ];
    const server = spawn(program, flags, { cwd: '/', stdio: 'ignore', detached: true });
    const pid = server.pid;
    if (pid !== undefined && (await becomesReady(server, port))) {
      server.unref();
      return { pid, port, url: `redis://127.0.0.1:${port}`, stop: () => stop(server) };
    }
    await stop(server);
  }
  throw new StartupError(`redis-server (${program}) does not start on a free port of 127.0.0.1.`);
}

function findProgram(): string {
  const program = 'redis-server';
  if (runs(program)) return program;
  install();
  if (runs(program)) return program;
  throw new StartupError(
    'The tests need redis-server: install Redis 7 or newer with your package manager and put it on the PATH.',
  );
}

function runs(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
}

function install(): void {
  const asRoot = process.getuid?.() === 0;
  const commands: string[][] =
    process.platform === 'darwin'
      ? [['brew', 'install', 'redis']]
      : asRoot && runs('apt-get')
        ? [
            ['apt-get', 'update'],
            ['apt-get', 'install', '-y', '--no-install-recommends', 'redis-server'],
          ]
        : [];
  if (commands.length > 0) process.stderr.write('Installing redis-server for the tests …\n');
  for (const [command = '', ...args] of commands) {
    // A package that starts its server at once would take port 6379, which is nobody's business here.
    spawnSync(command, args, { stdio: ['ignore', 'ignore', 2], env: { ...process.env, RUNLEVEL: '1' } });
  }
}

async function becomesReady(server: ChildProcess, port: number): Promise<boolean> {
  let failed = false;
  server.once('error', () => {
    failed = true;
  });
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline && !failed && server.exitCode === null) {
    if (await answersPing(port)) return true;
    await sleep(10);
  }
  return false;
}

/** A foreign program on the same port would accept as well: only Redis says PONG. */
async function answersPing(port: number): Promise<boolean> {
  const socket = createConnection(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    socket.write('PING\r\n');
    const [response] = await once(socket, 'data');
    return String(response).startsWith('+PONG');
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  server.ref();
  const exited = once(server, 'exit');
  // A server that a test has frozen does not hear a polite signal, and there is nothing to save.
  server.kill('SIGKILL');
  await exited;
}
