import { createUser } from '../../../shared/identity/people/users.js';
import { outwardJob } from '../../../shared/jobs/handlers.js';
import { listDevelopmentMails } from '../../../shared/mail/development.js';
import { cleanUp } from '../../../shared/maintenance/cleanup.js';
import { sharedHandlers } from '../../../shared/maintenance/shared-handlers.js';
import { runDueJobs } from '../../../shared/testing/jobs.js';
import { createTestServices } from '../../../shared/testing/services.js';
import { startWebhookReceiver } from '../../../shared/testing/webhook-receiver.js';
import { emitEvent } from '../../../shared/webhooks/outbox.js';
import { deliverNow } from '../delivery-job.js';
import { getDelivery, listDeliveries } from '../delivery-log.js';
import { createEndpoint, getEndpoint, updateEndpoint } from '../endpoints.js';
import { webhookHandlers } from '../handlers.js';
import { webhookCleanupTasks } from '../upkeep.js';

const { services, clock } = await createTestServices({ outboundAllow: ['127.0.0.1'] });
const receiver = await startWebhookReceiver();
const person = await createUser(services, { email: 'dev@example.com', name: 'Dev', verified: true });
const impatientDelivery = outwardJob<{ laneId: string }>(
  (given, { laneId }) => deliverNow(given, laneId, { timeoutMs: 300 }),
  { group: 'deliveries' },
);
const handlers = { ...sharedHandlers, ...webhookHandlers, 'webhooks.deliver': impatientDelivery };
const hourMs = 3_600_000;

let counter = 0;
/** Each test has an account's product of its own, and with it its own endpoint. */
async function setUp() {
  counter += 1;
  const owner = { accountId: person.id, product: `p${counter}`, environment: 'live' as const };
  const endpoint = await createEndpoint(services, owner, { url: receiver.url });
  const emit = (data: object = {}) =>
    emitEvent(services, { ...owner, type: 'task.created', data: { ...data } });
  const deliveryOf = async (index = 0) => {
    const delivery = (await listDeliveries(services, owner))[index];
    return getDelivery(services, owner, delivery?.id ?? '');
  };
  const state = async () => (await getEndpoint(services, owner, endpoint.id)).state;
  return { owner, endpoint, emit, deliveryOf, state };
}

const run = () => runDueJobs(services, handlers);
const ok: typeof receiver.answer = (response) => response.writeHead(204).end();

/** Lets time pass in steps, as it would, with jobs run at each. */
async function pass(ms: number, stepMs: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    clock.advance(stepMs);
    await run();
  }
}

beforeEach(() => {
  receiver.received.length = 0;
  receiver.answer = ok;
});

test('a receiver that answers 500 is tried again under the same id until it works', async () => {
  const { emit, deliveryOf } = await setUp();
  receiver.answer = (response) => response.writeHead(500).end('broken');
  const id = await emit();
  await run();
  expect(receiver.received).toHaveLength(1);
  expect(await deliveryOf()).toMatchObject({
    state: 'pending',
    attempts: 1,
    nextAttemptAt: expect.any(Date),
  });
  await run();
  expect(receiver.received).toHaveLength(1);
  receiver.answer = ok;
  clock.advance(10_000);
  await run();
  expect(receiver.received.map((webhook) => webhook.id)).toEqual([id, id]);
  expect(await deliveryOf()).toMatchObject({
    state: 'delivered',
    attempts: 2,
    log: [{ status: 500, answerBody: 'broken' }, { status: 204 }],
  });
});

test('a receiver that never works is given up after three days, paused, and its owner mailed once', async () => {
  const { emit, deliveryOf, endpoint, owner, state } = await setUp();
  receiver.answer = (response) => response.writeHead(500).end();
  await emit({ number: 1 });
  await run();
  await pass(60 * hourMs, 2 * hourMs);
  expect(await state()).toBe('active');
  expect(await deliveryOf()).toMatchObject({ state: 'pending' });
  await emit({ number: 2 });
  await pass(16 * hourMs, 2 * hourMs);
  expect(await deliveryOf(1)).toMatchObject({ state: 'failed' });
  expect(await deliveryOf(0)).toMatchObject({ state: 'pending' });
  expect(await getEndpoint(services, owner, endpoint.id)).toMatchObject({
    state: 'paused',
    stateReason: 'failing',
  });
  const mails = await listDevelopmentMails(services, { to: 'dev@example.com' });
  expect(mails.filter((mail) => mail.text.includes(endpoint.id))).toMatchObject([
    { subject: 'A webhook endpoint is paused' },
  ]);

  const calls = receiver.received.length;
  await emit({ number: 3 });
  await pass(4 * hourMs, 2 * hourMs);
  expect(receiver.received).toHaveLength(calls);
  receiver.answer = ok;
  await updateEndpoint(services, owner, endpoint.id, { state: 'active' });
  await run();
  expect(receiver.received.slice(calls).map(({ json }) => json.data)).toEqual([{ number: 2 }, { number: 3 }]);
  expect(await state()).toBe('active');
});

test('what waits for a paused endpoint is given up after three days', async () => {
  const { emit, deliveryOf, owner, endpoint } = await setUp();
  await updateEndpoint(services, owner, endpoint.id, { state: 'paused' });
  await emit();
  clock.advance(71 * hourMs);
  await cleanUp(services, { tasks: webhookCleanupTasks });
  expect(await deliveryOf()).toMatchObject({ state: 'pending' });
  clock.advance(2 * hourMs);
  await cleanUp(services, { tasks: webhookCleanupTasks });
  expect(await deliveryOf()).toMatchObject({ state: 'failed' });
});

test('410 switches an endpoint off at once and tells its owner', async () => {
  const { emit, deliveryOf, endpoint, owner } = await setUp();
  receiver.answer = (response) => response.writeHead(410).end();
  await emit();
  await run();
  expect(await getEndpoint(services, owner, endpoint.id)).toMatchObject({
    state: 'disabled',
    stateReason: 'gone',
  });
  expect(await deliveryOf()).toMatchObject({ state: 'failed', log: [{ status: 410 }] });
  expect(await emit()).toBeUndefined();
  const mails = await listDevelopmentMails(services, { to: 'dev@example.com' });
  expect(mails.find((mail) => mail.text.includes(endpoint.id))?.subject).toContain('switched off');
});

test('410 from one callback address ends that one and no other', async () => {
  const { owner } = await setUp();
  receiver.answer = (response, { path }) => response.writeHead(path === '/gone' ? 410 : 204).end();
  for (const path of ['/gone', '/gone', '/good']) {
    const url = `${receiver.url}${path}`;
    await emitEvent(services, { ...owner, type: 'webhook.other', data: {}, url });
  }
  await run();
  const deliveries = await listDeliveries(services, owner);
  const states = deliveries.filter(({ type }) => type === 'webhook.other').map(({ state }) => state);
  expect(states.filter((state) => state === 'failed')).toHaveLength(2);
  expect(receiver.received.filter(({ path }) => path === '/good')).toHaveLength(1);
});

test('Retry-After holds back everything for that receiver, and no longer than it says', async () => {
  const { emit } = await setUp();
  receiver.answer = (response) => response.writeHead(503, { 'retry-after': '3600' }).end();
  await emit();
  await run();
  receiver.answer = ok;
  await emit();
  await pass(3_540_000, 590_000);
  expect(receiver.received).toHaveLength(1);
  clock.advance(61_000);
  await run();
  expect(receiver.received).toHaveLength(3);
});

test('a redirect, inward or not, is a failure and is not followed', async () => {
  const { emit, deliveryOf } = await setUp();
  receiver.answer = (response) => response.writeHead(307, { location: `${receiver.url}/inside` }).end();
  await emit();
  await run();
  expect(receiver.received.map(({ path }) => path)).toEqual(['/']);
  expect(await deliveryOf()).toMatchObject({
    state: 'pending',
    log: [{ status: 307, answerHeaders: { location: `${receiver.url}/inside` } }],
  });
});

test('a receiver that hangs up early or drips is a failure like any other', async () => {
  const { emit, deliveryOf } = await setUp();
  receiver.answer = (response) => response.socket?.destroy();
  await emit();
  await run();
  expect(await deliveryOf()).toMatchObject({
    log: [{ status: null, problem: expect.stringMatching(/^connection_failed/) }],
  });
  receiver.answer = (response) => {
    response.write('x');
    const timer = setInterval(() => response.write('x'), 20);
    response.on('close', () => clearInterval(timer));
  };
  clock.advance(60_000);
  await run();
  const { log } = await deliveryOf();
  expect(log[1]).toMatchObject({ status: null, problem: expect.stringMatching(/^timeout/) });
  expect(log[1]?.durationMs).toBeGreaterThanOrEqual(290);
});

test('a receiver that hangs is left alone for longer and longer, and gets everything once it answers', async () => {
  const { emit } = await setUp();
  receiver.answer = () => undefined;
  for (let number = 0; number < 12; number += 1) await emit({ number });
  await run();
  const first = receiver.received.length;
  expect(first).toBeLessThanOrEqual(5);
  clock.advance(7_000);
  await run();
  expect(receiver.received).toHaveLength(first + 1);
  clock.advance(5_000);
  await run();
  expect(receiver.received).toHaveLength(first + 1);
  receiver.answer = ok;
  clock.advance(10_000);
  await run();
  const delivered = receiver.received.slice(first + 1).map(({ json }) => json.data);
  expect(delivered).toHaveLength(12);
});

test('an answer of any length is logged by its beginning, without what Postgres cannot hold', async () => {
  const { emit, deliveryOf } = await setUp();
  receiver.answer = (response) =>
    response.writeHead(200, { 'set-cookie': 'a=b' }).end(`\0${'x'.repeat(100_000)}`);
  await emit();
  await run();
  const { log, state } = await deliveryOf();
  expect(state).toBe('delivered');
  expect(log[0]?.answerBody).toBe(`\ufffd${'x'.repeat(999)}`);
  expect(JSON.stringify(log)).not.toContain('a=b');
  expect(JSON.stringify(log)).not.toContain('webhook-signature');
});

test('an address that may not be called is never connected to', async () => {
  const { emit, deliveryOf } = await setUp();
  await emit();
  const strict = { ...services, config: { ...services.config, outboundAllow: [] } };
  await runDueJobs(strict, handlers);
  expect(receiver.received).toEqual([]);
  expect(await deliveryOf()).toMatchObject({
    state: 'pending',
    log: [{ problem: expect.stringMatching(/^address_refused/) }],
  });
});

test('a secret that no key opens any more is a failure of its own deliveries, not the end of the queue', async () => {
  const { emit, deliveryOf, endpoint } = await setUp();
  await services.db('webhook_endpoints').where({ id: endpoint.id }).update({ sealed_secret: 'nonsense' });
  await emit();
  expect((await run()).failures).toEqual([]);
  expect(await deliveryOf()).toMatchObject({
    state: 'pending',
    log: [{ status: null, problem: expect.stringMatching(/^failed: a sealed value/) }],
  });
  expect(receiver.received).toEqual([]);
});
