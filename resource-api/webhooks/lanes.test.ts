import { setTimeout as sleep } from 'node:timers/promises';
import { outwardJob } from '../../shared/jobs/handlers.js';
import { startWorker } from '../../shared/jobs/worker.js';
import { runDueJobs } from '../../shared/testing/jobs.js';
import { createTestServices } from '../../shared/testing/services.js';
import { startWebhookReceiver } from '../../shared/testing/webhook-receiver.js';
import { emitEvent, laneOf } from '../../shared/webhooks/outbox.js';
import { deliverNow } from './delivery-job.js';
import { createEndpoint } from './endpoints.js';
import { webhookHandlers } from './handlers.js';
import { holdLane, releaseLane } from './lanes.js';
import { wakeOverdueLanes } from './upkeep.js';

const { services, clock } = await createTestServices({ outboundAllow: ['127.0.0.1'] });
const receiver = await startWebhookReceiver();
const impatientDelivery = outwardJob<{ laneId: string }>(
  (given, { laneId }) => deliverNow(given, laneId, { timeoutMs: 2_000 }),
  { group: 'deliveries' },
);
const handlers = { ...webhookHandlers, 'webhooks.deliver': impatientDelivery };

let counter = 0;
async function setUp(path = '/') {
  counter += 1;
  const owner = { accountId: 'acc', product: `p${counter}`, environment: 'live' as const };
  const { id } = await createEndpoint(services, owner, { url: `${receiver.url}${path}` });
  const emit = (data: Record<string, unknown>, orderKey?: string) =>
    emitEvent(services, { ...owner, type: 'task.progress', data, orderKey });
  return { owner, laneId: laneOf(id), emit };
}

const numbers = () => receiver.received.map(({ json }) => (json.data as { number: number }).number);
const until = async (condition: () => boolean) => {
  for (let waited = 0; !condition() && waited < 10_000; waited += 5) await sleep(5);
  expect(condition()).toBe(true);
};

beforeEach(() => {
  receiver.received.length = 0;
  receiver.answer = (response) => response.writeHead(204).end();
});

afterEach(() => services.db('webhook_events').delete());

test('events of one task arrive in order, one after the other; other tasks do not wait for it', async () => {
  const { emit } = await setUp();
  let open = 0;
  let most = 0;
  receiver.answer = (response, { json }) => {
    const { task, number } = json.data as { task: string; number: number };
    if (task === 'a') open += 1;
    most = Math.max(most, open);
    const failing =
      number === 2 && receiver.received.filter(({ body }) => body === JSON.stringify(json)).length === 1;
    setTimeout(() => {
      if (task === 'a') open -= 1;
      response.writeHead(failing ? 500 : 204).end();
    }, 5);
  };
  for (const number of [1, 2, 3, 4]) await emit({ task: 'a', number }, 'a');
  for (const number of [5, 6]) await emit({ task: 'b', number }, 'b');
  await emit({ task: 'none', number: 7 });
  await runDueJobs(services, handlers);
  expect(numbers().filter((number) => number <= 4)).toEqual([1, 2]);
  expect(numbers()).toEqual(expect.arrayContaining([5, 6, 7]));
  clock.advance(10_000);
  await runDueJobs(services, handlers);
  expect(numbers().filter((number) => number <= 4)).toEqual([1, 2, 2, 3, 4]);
  expect(most).toBe(1);
});

test('a lane is held by one runner, however many ask', async () => {
  const { emit, laneId } = await setUp();
  await emit({ number: 1 });
  const lanes = await Promise.all(
    Array.from({ length: 30 }, (_, index) => holdLane(services, laneId, `runner ${index}`)),
  );
  expect(lanes.filter(Boolean)).toHaveLength(1);
});

test('a hold ends by itself when its runner dies, and the lane is woken', async () => {
  const { emit, laneId } = await setUp();
  await emit({ number: 1 });
  await holdLane(services, laneId, 'dies');
  await runDueJobs(services, handlers);
  expect(numbers()).toEqual([]);
  clock.advance(61_000);
  await wakeOverdueLanes(services);
  await runDueJobs(services, handlers);
  expect(numbers()).toEqual([1]);
});

test('whoever leaves a lane has seen everything that was emitted before its job began', async () => {
  const { emit, laneId } = await setUp();
  const emitAndServe = async (number: number) => {
    await emit({ number });
    await deliverNow(services, laneId);
  };
  await Promise.all(Array.from({ length: 80 }, (_, number) => emitAndServe(number)));
  expect(numbers()).toHaveLength(80);
  expect(new Set(numbers()).size).toBe(80);
});

test('releasing keeps a lane that has something due, and lets it go otherwise', async () => {
  const { emit, laneId } = await setUp();
  await emit({ number: 1 });
  const lane = await holdLane(services, laneId, 'runner');
  if (!lane) throw new Error('not held');
  expect(await releaseLane(services, lane, false)).toBe(false);
  expect(await holdLane(services, laneId, 'other')).toBeUndefined();
  expect(await releaseLane(services, lane, true)).toBe(true);
  expect(await holdLane(services, laneId, 'other')).toMatchObject({ runner: 'other' });
});

test('a receiver that hangs delays no other', async () => {
  const slow = await setUp('/slow');
  const fast = await setUp('/fast');
  receiver.answer = (response, { path }) => {
    if (path === '/fast') response.writeHead(204).end();
  };
  for (let number = 0; number < 20; number += 1) await slow.emit({ number });
  const worker = await startWorker(services, handlers);
  try {
    await until(() => receiver.received.length === 5);
    for (let number = 0; number < 20; number += 1) await fast.emit({ number });
    await until(() => receiver.received.filter(({ path }) => path === '/fast').length === 20);
    expect(receiver.received.filter(({ path }) => path === '/slow')).toHaveLength(5);
  } finally {
    await worker.stop();
  }
});
