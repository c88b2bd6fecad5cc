/** A real worker process is killed with SIGKILL while deliveries are under way. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { runDueJobs } from '../../../shared/testing/jobs.js';
import { createTestServices } from '../../../shared/testing/services.js';
import { startWebhookReceiver } from '../../../shared/testing/webhook-receiver.js';
import { emitEvent } from '../../../shared/webhooks/outbox.js';
import { createEndpoint } from '../endpoints.js';
import { webhookHandlers } from '../handlers.js';
import { wakeOverdueLanes } from '../upkeep.js';

const { services, clock } = await createTestServices({ outboundAllow: ['127.0.0.1'] });
const receiver = await startWebhookReceiver();
const eventCount = 200;

async function startWorkerProcess(): Promise<ChildProcess> {
  const { databaseUrl, secretKeys, dataDir } = services.config;
  const child = spawn(process.execPath, ['scripts/run.js', 'scripts/worker'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: databaseUrl,
      SECRET_KEY: secretKeys.map((key) => key.toString('hex')).join(),
      DATA_DIR: dataDir,
      OUTBOUND_ALLOW: '127.0.0.1',
      LOG_LEVEL: 'silent',
    },
  });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  expect(line).toBe('ready  worker');
  return child;
}

test('kill -9 in the middle loses no event, and none arrives under two ids', async () => {
  // A receiver that takes its time, so that the worker dies with calls open and results not written down.
  receiver.answer = (response) => setTimeout(() => response.writeHead(204).end(), 15);
  for (const name of ['a', 'b', 'c', 'd']) {
    const owner = { accountId: name, product: 'p', environment: 'live' as const };
    await createEndpoint(services, owner, { url: `${receiver.url}/${name}` });
  }
  const emitted = new Map<string | undefined, string>();
  for (let number = 0; number < eventCount; number += 1) {
    const accountId = 'abcd'.charAt(number % 4);
    const data = { number };
    emitted.set(
      await emitEvent(services, { accountId, product: 'p', type: 'task.created', data }),
      `${number}`,
    );
  }
  const worker = await startWorkerProcess();
  for (let waited = 0; receiver.received.length < 60 && waited < 15_000; waited += 5) await sleep(5);
  worker.kill('SIGKILL');
  await once(worker, 'exit');
  const before = receiver.received.length;
  expect(before).toBeGreaterThanOrEqual(60);
  expect(before).toBeLessThan(eventCount);

  // What the dead one held is free after a minute, and the jobs it had with it.
  clock.advance(61_000);
  await wakeOverdueLanes(services);
  await runDueJobs(services, webhookHandlers);

  const numbersOf = new Map<string, Set<string>>();
  for (const { id, json } of receiver.received) {
    const numbers = numbersOf.get(id) ?? new Set<string>();
    numbersOf.set(id, numbers.add(`${(json.data as { number: number }).number}`));
  }
  expect(numbersOf.size).toBe(eventCount);
  for (const [id, number] of emitted) expect(numbersOf.get(`${id}`)).toEqual(new Set([number]));
  const states = await services.db('webhook_deliveries').distinct('state').pluck('state');
  expect(states).toEqual(['delivered']);
  // Only what was under way at that moment came twice.
  expect(receiver.received.length - eventCount).toBeLessThanOrEqual(20);
}, 60_000);
