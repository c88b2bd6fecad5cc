/** Starts contestants (server.ts) and measures what their requests cost. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import type { Services } from '../../shared/services.js';
import { runScript } from './measure.js';
import type { ServerOrder } from './server.js';

export interface Contestant {
  url: string;
  /** Processor time of the process so far, in microseconds. */
  read(): Promise<number>;
  stop(): void;
}

/** The process writes its access log to nowhere, but it writes it. */
export async function startContestant(order: ServerOrder): Promise<Contestant> {
  const child = spawn(process.execPath, ['scripts/run.js', 'scripts/bench/server'], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const { url } = await ask(child, order);
  return {
    url,
    read: async () => (await ask(child, order)).microseconds,
    stop: () => child.disconnect(),
  };
}

async function ask(child: ChildProcess, order: ServerOrder): Promise<{ url: string; microseconds: number }> {
  const reply = once(child, 'message');
  child.send(order);
  const [message] = await reply;
  return message;
}

export interface Cost {
  perSecond: number;
  /** Processor time per request, in microseconds. */
  node: number;
  postgres: number;
  redis: number;
}

interface LoadResult {
  errors: number;
  duration: number;
  requests: { total: number };
  statusCodeStats: Partial<Record<string, { count: number }>>;
}

const connections = 32;

/** The same GET for some seconds. Throws when a response has another status. */
export async function measure(
  services: Services,
  contestant: Contestant,
  call: { path: string; headers: Record<string, string>; status: number },
  seconds: number,
): Promise<Cost> {
  const fields = Object.entries(call.headers).flatMap(([name, value]) => ['-H', `${name}=${value}`]);
  const before = await readTimes(services, contestant);
  const options = ['-j', '-c', `${connections}`, '-d', `${seconds}`, ...fields, contestant.url + call.path];
  const result = (await runScript('node_modules/autocannon/autocannon.js', options)) as LoadResult;
  const after = await readTimes(services, contestant);
  const { total } = result.requests;
  if (result.errors > 0 || result.statusCodeStats[call.status]?.count !== total) {
    throw new Error(
      `${call.path}: not every status was ${call.status}: ${JSON.stringify(result.statusCodeStats)}`,
    );
  }
  return {
    perSecond: total / result.duration,
    node: (after.node - before.node) / total,
    postgres: (after.postgres - before.postgres) / total,
    redis: (after.redis - before.redis) / total,
  };
}

async function readTimes(services: Services, contestant: Contestant) {
  const [node, postgres, redis] = await Promise.all([
    contestant.read(),
    readPostgres(services),
    readRedis(services),
  ]);
  return { node, postgres, redis };
}

async function readRedis({ redis }: Services): Promise<number> {
  const info = await redis.run((client) => client.info('cpu'));
  const seconds = [...(info ?? '').matchAll(/^used_cpu_(?:sys|user):([\d.]+)/gm)].map(([, value]) =>
    Number(value),
  );
  return seconds.reduce((sum, one) => sum + one, 0) * 1e6;
}

/** Of the postmaster and its processes, those included that have ended. Only Linux tells. */
async function readPostgres({ db }: Services): Promise<number> {
  if (process.platform !== 'linux') return 0;
  const { rows } = await db.raw("select split_part(pg_read_file('postmaster.pid'), E'\\n', 1) as pid");
  const postmaster: string = rows[0].pid;
  let ticks = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const fields = statOf(pid);
    // After the name in brackets: state, parent, …, utime, stime, cutime, cstime (proc(5)).
    if (!fields || (pid !== postmaster && fields[1] !== postmaster)) continue;
    const own = Number(fields[11]) + Number(fields[12]);
    ticks += pid === postmaster ? own + Number(fields[13]) + Number(fields[14]) : own;
  }
  return ticks * 10_000;
}

function statOf(pid: string): string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ');
  } catch {
    return undefined;
  }
}
