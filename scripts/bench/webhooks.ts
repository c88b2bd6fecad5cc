/**
 * Whether receivers that hang delay those that work: 10,000 deliveries to 100 endpoints, 100 to each, of which ten
 * never answer. What counts is when the last of the 9,000 deliveries to the other ninety arrived, against a run in
 * which the ten do not exist. Both kinds of run take turns.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEndpoint } from '../../resource-api/webhooks/endpoints.js';
import { webhookHandlers } from '../../resource-api/webhooks/handlers.js';
import { startWorker } from '../../shared/jobs/worker.js';
import type { Services } from '../../shared/services.js';
import { emitEvent } from '../../shared/webhooks/outbox.js';

const good = 90;
const hanging = 10;
const eventsEach = 100;
const rounds = 3;
const emittersAtOnce = 8;

export async function benchWebhooks(given: Services): Promise<string[]> {
  const services = { ...given, config: { ...given.config, outboundAllow: ['127.0.0.1'] } };
  const receivers = await startReceivers();
  const alone: number[] = [];
  const beside: number[] = [];
  try {
    // The first round warms up.
    for (let round = 0; round <= rounds; round += 1) {
      const free = await run(services, receivers, 0);
      const hindered = await run(services, receivers, hanging);
      if (round === 0) continue;
      alone.push(free);
      beside.push(hindered);
    }
  } finally {
    receivers.process.stdin?.end();
  }
  const [freeMs, hinderedMs] = [medianOf(alone), medianOf(beside)];
  const rate = (ms: number) => `${((good * eventsEach * 1000) / ms).toFixed(0)} a second`;
  return [
    `webhooks: ${good * eventsEach} deliveries to ${good} receivers, beside ${hanging} that hang`,
    `  time with those that hang, against without    ${(hinderedMs / freeMs).toFixed(2)}`,
    `    without: ${(freeMs / 1000).toFixed(1)} s, ${rate(freeMs)}`,
    `    with: ${(hinderedMs / 1000).toFixed(1)} s, ${rate(hinderedMs)}`,
  ];
}

/** Milliseconds from the start of the worker until the good receivers have everything. */
async function run(services: Services, receivers: Receivers, hangingNow: number): Promise<number> {
  const paths = [
    ...Array.from({ length: good }, (_, number) => `/good/${number}`),
    ...Array.from({ length: hangingNow }, (_, number) => `/hang/${number}`),
  ];
  await emitAll(services, receivers.url, paths);
  const before = await receivers.ask();
  const startMs = Date.now();
  const worker = await startWorker(services, webhookHandlers);
  let { answered, lastMs } = before;
  while (answered - before.answered < good * eventsEach) {
    await sleep(50);
    ({ answered, lastMs } = await receivers.ask());
  }
  await worker.stop();
  await clear(services);
  return lastMs - startMs;
}

/** The endpoints take turns, as the events of many accounts do. */
async function emitAll(services: Services, url: string, paths: string[]): Promise<void> {
  const owners = await Promise.all(
    paths.map(async (path, index) => {
      const owner = { accountId: `account-${index}`, product: 'bench', environment: 'live' as const };
      await createEndpoint(services, owner, { url: url + path });
      return owner;
    }),
  );
  let next = 0;
  const emitter = async () => {
    for (let index = next++; index < owners.length * eventsEach; index = next++) {
      const owner = owners[index % owners.length];
      if (owner) await emitEvent(services, { ...owner, type: 'task.progress', data: { index } });
    }
  };
  await Promise.all(Array.from({ length: emittersAtOnce }, emitter));
}

async function clear({ db }: Services): Promise<void> {
  await db.raw('truncate webhook_endpoints, webhook_events, webhook_lanes cascade');
  await db.raw('truncate graphile_worker._private_jobs');
}

interface Receivers {
  url: string;
  process: ChildProcess;
  ask(): Promise<{ answered: number; lastMs: number }>;
}

async function startReceivers(): Promise<Receivers> {
  const child = spawn(process.execPath, ['scripts/run.js', 'scripts/bench/webhook-receivers'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { url } = await nextLine(lines);
  const ask = () => {
    child.stdin.write('\n');
    return nextLine(lines);
  };
  return { url, process: child, ask };
}

async function nextLine(lines: ReturnType<Interface[typeof Symbol.asyncIterator]>) {
  const { value, done } = await lines.next();
  if (done) throw new Error('the receivers ended');
  return JSON.parse(value);
}

function medianOf(values: number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}
