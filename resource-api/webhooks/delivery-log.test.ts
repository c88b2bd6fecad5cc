import { cleanUp } from '../../shared/maintenance/cleanup.js';
import { runDueJobs } from '../../shared/testing/jobs.js';
import { createTestServices } from '../../shared/testing/services.js';
import { startWebhookReceiver } from '../../shared/testing/webhook-receiver.js';
import { emitEvent } from '../../shared/webhooks/outbox.js';
import { getDelivery, listDeliveries, replayDelivery, replayFailed, testEndpoint } from './delivery-log.js';
import { createEndpoint, deleteEndpoint, updateEndpoint } from './endpoints.js';
import { webhookHandlers } from './handlers.js';
import { webhookCleanupTasks } from './upkeep.js';

const { services, clock } = await createTestServices({ outboundAllow: ['127.0.0.1'] });
const receiver = await startWebhookReceiver();
const run = () => runDueJobs(services, webhookHandlers);
const dayMs = 86_400_000;

let counter = 0;
async function setUp() {
  counter += 1;
  const owner = { accountId: 'acc', product: `p${counter}`, environment: 'live' as const };
  const endpoint = await createEndpoint(services, owner, { url: receiver.url });
  const emit = (number: number) => emitEvent(services, { ...owner, type: 'task.created', data: { number } });
  return { owner, endpoint, emit };
}

const ok: typeof receiver.answer = (response) => response.writeHead(200, { server: 'test' }).end('thanks');

beforeEach(() => {
  receiver.received.length = 0;
  receiver.answer = ok;
});

afterEach(() => services.db('webhook_events').delete());

test('the log tells what was sent, what came back and how long it took', async () => {
  const { owner, endpoint, emit } = await setUp();
  const eventId = await emit(1);
  await run();
  const [delivery] = await listDeliveries(services, owner);
  expect(delivery).toEqual({
    id: expect.stringMatching(/^dlv_[0-9a-f]{24}$/),
    endpointId: endpoint.id,
    eventId,
    type: 'task.created',
    state: 'delivered',
    attempts: 1,
    nextAttemptAt: undefined,
    createdAt: expect.any(Date),
    finishedAt: expect.any(Date),
  });
  const { body, log } = await getDelivery(services, owner, delivery?.id ?? '');
  expect(body).toBe(receiver.received[0]?.body);
  expect(log).toEqual([
    {
      at: expect.any(Date),
      url: receiver.url,
      durationMs: expect.any(Number),
      requestHeaders: expect.objectContaining({ 'webhook-id': eventId }),
      status: 200,
      answerHeaders: expect.objectContaining({ server: 'test' }),
      answerBody: 'thanks',
      problem: null,
    },
  ]);
});

test('the log is paged from the newest, and nobody sees what is not theirs', async () => {
  const { owner, endpoint, emit } = await setUp();
  for (const number of [1, 2, 3]) await emit(number);
  const [newest, ...older] = await listDeliveries(services, owner);
  expect(older).toHaveLength(2);
  expect(await listDeliveries(services, owner, { before: newest?.id })).toEqual(older);
  expect(await listDeliveries(services, owner, { limit: 1, endpointId: endpoint.id })).toEqual([newest]);
  expect(await listDeliveries(services, owner, { state: 'failed' })).toEqual([]);
  for (const stranger of [
    { ...owner, accountId: 'other' },
    { ...owner, product: 'other' },
    { ...owner, environment: 'test' as const },
  ]) {
    expect(await listDeliveries(services, stranger)).toEqual([]);
    const id = newest?.id ?? '';
    await expect(getDelivery(services, stranger, id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(replayDelivery(services, stranger, id)).rejects.toMatchObject({ code: 'not_found' });
  }
});

test('one delivery is replayed under the same event id, with its attempts kept', async () => {
  const { owner, emit } = await setUp();
  const eventId = await emit(1);
  await run();
  const [delivery] = await listDeliveries(services, owner);
  await replayDelivery(services, owner, delivery?.id ?? '');
  await run();
  expect(receiver.received.map(({ id }) => id)).toEqual([eventId, eventId]);
  expect((await getDelivery(services, owner, delivery?.id ?? '')).log).toHaveLength(2);
});

test('what failed since a time is replayed together, in its order', async () => {
  const { owner, endpoint, emit } = await setUp();
  receiver.answer = (response) => response.writeHead(410).end();
  await emit(1);
  clock.advance(1_000);
  const since = clock.now();
  await updateEndpoint(services, owner, endpoint.id, { state: 'active' });
  await emit(2);
  await emit(3);
  await run();
  await expect(replayFailed(services, owner, endpoint.id, since)).rejects.toMatchObject({ code: 'conflict' });
  receiver.answer = ok;
  receiver.received.length = 0;
  await updateEndpoint(services, owner, endpoint.id, { state: 'active' });
  expect(await replayFailed(services, owner, endpoint.id, since)).toBe(2);
  await run();
  expect(receiver.received.map(({ json }) => json.data)).toEqual([{ number: 2 }, { number: 3 }]);
});

test('a test sends one event to one endpoint, whatever that has asked for', async () => {
  const { owner, endpoint } = await setUp();
  await updateEndpoint(services, owner, endpoint.id, { events: ['task.completed'] });
  const id = await testEndpoint(services, owner, endpoint.id);
  await run();
  expect(receiver.received.map(({ json }) => json)).toEqual([
    { type: 'webhook.test', timestamp: expect.any(String), data: { endpoint_id: endpoint.id } },
  ]);
  expect(await getDelivery(services, owner, id)).toMatchObject({ state: 'delivered', type: 'webhook.test' });
});

test('a deleted endpoint gets nothing more, and the log forgets after a month', async () => {
  const { owner, endpoint, emit } = await setUp();
  await emit(1);
  await deleteEndpoint(services, owner, endpoint.id);
  await run();
  expect(receiver.received).toEqual([]);
  expect(await emit(2)).toBeUndefined();
  await expect(deleteEndpoint(services, owner, endpoint.id)).rejects.toMatchObject({ code: 'not_found' });
  clock.advance(29 * dayMs);
  await cleanUp(services, { tasks: webhookCleanupTasks });
  expect(await listDeliveries(services, owner)).toHaveLength(1);
  clock.advance(2 * dayMs);
  await cleanUp(services, { tasks: webhookCleanupTasks });
  expect(await listDeliveries(services, owner)).toEqual([]);
  expect(await services.db('webhook_endpoints').where({ id: endpoint.id })).toEqual([]);
});
