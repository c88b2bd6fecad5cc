import { inTransaction } from '../services.js';
import { createTestServices } from '../testing/services.js';
import { emitEvent, laneOf } from './outbox.js';
import { openWebhookSecret } from './secrets.js';

const { services } = await createTestServices();
const event = { accountId: 'acc', product: 'p', type: 'task.completed', data: { task_id: 't1' } };

const addEndpoint = (id: string, values: Record<string, unknown> = {}) =>
  services.db('webhook_endpoints').insert({
    id,
    account_id: 'acc',
    product: 'p',
    environment: 'live',
    kind: 'endpoint',
    url: `https://${id}.example/hook`,
    sealed_secret: 'sealed',
    ...values,
  });
const deliveries = () => services.db('webhook_deliveries').orderBy('seq');
const jobs = () => services.db('graphile_worker._private_jobs').orderBy('id').pluck('payload');

afterEach(async () => {
  await services.db('webhook_endpoints').delete();
  await services.db('webhook_events').delete();
  await services.db.raw('delete from graphile_worker._private_jobs');
});

test('an event that nobody wants to hear of leaves no trace', async () => {
  await addEndpoint('other-account', { account_id: 'other' });
  await addEndpoint('other-product', { product: 'q' });
  await addEndpoint('test-only', { environment: 'test' });
  await addEndpoint('other-events', { events: ['task.created'] });
  await addEndpoint('disabled', { state: 'disabled' });
  expect(await emitEvent(services, event)).toBeUndefined();
  expect(await services.db('webhook_events')).toEqual([]);
  expect(await jobs()).toEqual([]);
});

test('each endpoint that wants an event gets a delivery of the one event, and its lane a job', async () => {
  await addEndpoint('a');
  await addEndpoint('b', { events: ['task.created', 'task.completed'] });
  await addEndpoint('paused', { state: 'paused' });
  const id = await emitEvent(services, { ...event, orderKey: 't1' });
  expect(await deliveries()).toMatchObject([
    { endpoint_id: 'a', event_id: id, order_key: 't1', state: 'pending' },
    { endpoint_id: 'b', event_id: id },
    { endpoint_id: 'paused', event_id: id },
  ]);
  expect(await jobs()).toEqual([{ laneId: laneOf('a') }, { laneId: laneOf('b') }]);
  const { body } = await services.db('webhook_events').first('body');
  expect(JSON.parse(body)).toEqual({
    type: 'task.completed',
    timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
    data: { task_id: 't1' },
  });
});

test('an event of a transaction that is rolled back does not exist', async () => {
  await addEndpoint('a');
  const failing = inTransaction(services, async (tx) => {
    await emitEvent(tx, event);
    throw new Error('rolled back');
  });
  await expect(failing).rejects.toThrow('rolled back');
  expect([await services.db('webhook_events'), await deliveries(), await jobs()]).toEqual([[], [], []]);
});

test("a task's own address is served too, in a lane for its host, signed by one secret of the account", async () => {
  await emitEvent(services, { ...event, url: 'https://one.example/a' });
  await emitEvent(services, { ...event, url: 'https://one.example/b' });
  await emitEvent(services, { ...event, url: 'https://two.example/', urlBody: { event: 'flat' } });
  const endpoints = await services.db('webhook_endpoints');
  expect(endpoints).toMatchObject([{ kind: 'callback', url: null, account_id: 'acc' }]);
  const { id, sealed_secret: sealed } = endpoints[0];
  expect(openWebhookSecret(services.config, id, sealed)).toMatch(/^whsec_[A-Za-z0-9+/]{32}$/);
  const rows = await deliveries();
  expect(rows).toMatchObject([
    { url: 'https://one.example/a', body: null },
    { url: 'https://one.example/b', body: null },
    { url: 'https://two.example/', body: '{"event":"flat"}' },
  ]);
  expect(rows[0].lane_id).toBe(rows[1].lane_id);
  expect(rows[0].lane_id).not.toBe(rows[2].lane_id);
});

test("a task's own address that is also an endpoint hears of an event once", async () => {
  await addEndpoint('a');
  await emitEvent(services, { ...event, url: 'https://a.example/hook' });
  expect(await deliveries()).toHaveLength(1);
});

test('what is too large for a message goes without its large members and says so', async () => {
  await addEndpoint('a');
  await emitEvent(services, { ...event, data: { task_id: 't1', photo: 'x'.repeat(300_000) } });
  const { body } = await services.db('webhook_events').first('body');
  expect(JSON.parse(body).data).toEqual({ task_id: 't1', truncated: true });
});
