import { runDueJobs } from '../../shared/testing/jobs.js';
import { createTestServices } from '../../shared/testing/services.js';
import { startWebhookReceiver, verifyWebhook } from '../../shared/testing/webhook-receiver.js';
import { emitEvent } from '../../shared/webhooks/outbox.js';
import { makeKey, makePerson, startApi } from '../testing/serve.js';
import { webhookHandlers } from '../webhooks/handlers.js';

const { services } = await createTestServices({
  outboundAllow: ['127.0.0.1'],
  rateLimitFactor: 100,
});
const api = await startApi(services);
const receiver = await startWebhookReceiver();
const person = await makePerson(services);
const { key } = await makeKey(services, 'haas', person.id);
const { key: testKey } = await makeKey(services, 'haas', person.id, { environment: 'test' });

interface Body {
  webhook: Record<string, unknown>;
  webhooks: Record<string, unknown>[];
  deliveries: Record<string, unknown>[];
  delivery: Record<string, unknown> & { log: unknown[] };
  secret: string;
  delivery_id: string;
  replayed: number;
  error: unknown;
}

const call = async (path: string, options: { method?: string; body?: unknown; bearer?: string } = {}) => {
  const answer = await api.call(`/haas/v1${path}`, { bearer: key, ...options });
  return { status: answer.status, body: answer.body as Body };
};
const create = (values: object = {}, bearer = key) =>
  call('/webhooks', { body: { url: receiver.url, ...values }, bearer });
const run = () => runDueJobs(services, webhookHandlers);
const emit = (type = 'task.completed') =>
  emitEvent(services, { accountId: person.id, product: 'haas', type, data: { task_id: 't' } });

afterEach(async () => {
  await services.db('webhook_endpoints').delete();
  await services.db('webhook_events').delete();
  receiver.received.length = 0;
  receiver.answer = (response) => response.writeHead(204).end();
});

test('an endpoint is created with a secret, listed without, and its secret can be read again', async () => {
  const created = await create({ events: ['task.completed'], description: 'CI' });
  expect(created.status).toBe(201);
  const { secret, ...webhook } = created.body.webhook;
  expect(webhook).toEqual({
    id: expect.stringMatching(/^we_[0-9a-f]{24}$/),
    kind: 'endpoint',
    url: receiver.url,
    events: ['task.completed'],
    description: 'CI',
    environment: 'live',
    state: 'active',
    state_reason: null,
    previous_secret_until: null,
    created_at: expect.any(String),
  });
  const { webhooks } = (await call('/webhooks')).body;
  expect(webhooks).toMatchObject([{ kind: 'callback', url: null }, webhook]);
  expect(JSON.stringify(webhooks)).not.toContain('whsec_');
  expect((await call(`/webhooks/${webhook.id}/secret`)).body).toEqual({ secret });
});

test('it gets the events that it asked for, signed with its secret', async () => {
  const { webhook } = (await create({ events: ['task.completed'] })).body;
  await emit('task.created');
  await emit();
  await run();
  const [first, ...others] = receiver.received;
  expect(others).toEqual([]);
  expect(first && verifyWebhook(first, `${webhook.secret}`)).toBe(true);
});

test('a secret of one’s own is taken, and a bad one refused', async () => {
  const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
  expect((await create({ secret })).body.webhook.secret).toBe(secret);
  expect((await create({ secret: 'whsec_short' })).status).toBe(400);
});

test.each([
  ['no address at all', { url: 'nonsense' }],
  ['another scheme', { url: 'ftp://receiver.example/' }],
  ['a password in it', { url: 'https://me:secret@receiver.example/' }],
  ['a private address', { url: 'http://10.0.0.1/' }],
  ['the metadata service', { url: 'http://169.254.169.254/latest' }],
  ['a disguised loopback address', { url: 'http://[::ffff:7f00:2]/' }],
  ['no events', { events: [] }],
  ['an event that is no word', { events: ['task completed!'] }],
  ['an unknown member', { color: 'green' }],
])('an endpoint with %s is refused', async (_what, values) => {
  expect((await create(values)).status).toBe(400);
});

test('an endpoint can be changed, paused, resumed and deleted', async () => {
  const { id } = (await create()).body.webhook;
  const patched = await call(`/webhooks/${id}`, { method: 'PATCH', body: { events: null, state: 'paused' } });
  expect(patched.body.webhook).toMatchObject({ events: null, state: 'paused', state_reason: 'owner' });
  await emit();
  await run();
  expect(receiver.received).toEqual([]);
  await call(`/webhooks/${id}`, { method: 'PATCH', body: { state: 'active' } });
  await run();
  expect(receiver.received).toHaveLength(1);
  expect((await call(`/webhooks/${id}`, { method: 'DELETE' })).status).toBe(200);
  expect((await call(`/webhooks/${id}`)).status).toBe(404);
  expect((await call(`/webhooks/${id}`, { method: 'PATCH', body: { state: 'active' } })).status).toBe(404);
});

test('a rotated secret signs beside the old one until the grace ends', async () => {
  const { id, secret: before } = (await create()).body.webhook;
  const rotated = await call(`/webhooks/${id}/rotate-secret`, { body: { grace_seconds: 60 } });
  await emit();
  await run();
  const [webhook] = receiver.received;
  expect(webhook && verifyWebhook(webhook, `${before}`)).toBe(true);
  expect(webhook && verifyWebhook(webhook, rotated.body.secret)).toBe(true);
  const ended = await call(`/webhooks/${id}/rotate-secret`, { body: { grace_seconds: 0 } });
  await emit();
  await run();
  const last = receiver.received[1];
  expect(last && verifyWebhook(last, rotated.body.secret)).toBe(false);
  expect(last && verifyWebhook(last, ended.body.secret)).toBe(true);
});

test('a test, the delivery log and replay work over the API', async () => {
  const { id } = (await create()).body.webhook;
  const tested = await call(`/webhooks/${id}/test`, { method: 'POST' });
  expect(tested.status).toBe(202);
  receiver.answer = (response) => response.writeHead(500).end('no');
  await run();
  const path = `/webhook-deliveries/${tested.body.delivery_id}`;
  expect((await call(path)).body.delivery).toMatchObject({
    state: 'pending',
    type: 'webhook.test',
    body: expect.stringContaining('webhook.test'),
    log: [{ status: 500, answer_body: 'no', duration_ms: expect.any(Number) }],
  });
  receiver.answer = (response) => response.writeHead(200).end();
  expect((await call(`${path}/replay`, { method: 'POST' })).status).toBe(202);
  await run();
  const list = await call(`/webhook-deliveries?endpoint_id=${id}&state=delivered&limit=5`);
  expect(list.body.deliveries).toMatchObject([{ id: tested.body.delivery_id, attempts: 1 }]);
  await services.db('webhook_deliveries').update({ state: 'failed' });
  const replayed = await call(`/webhooks/${id}/replay`, { body: { since: '2020-01-01T00:00:00Z' } });
  expect(replayed).toMatchObject({ status: 202, body: { replayed: 1 } });
  expect((await call('/webhook-deliveries?limit=1000')).status).toBe(400);
});

test('nobody reaches an endpoint or a delivery of another account, environment or product', async () => {
  const { id } = (await create()).body.webhook;
  await emit();
  const delivery = (await call('/webhook-deliveries')).body.deliveries[0]?.id;
  const other = await makePerson(services);
  const strangers = [
    ['/haas/v1', (await makeKey(services, 'haas', other.id)).key],
    ['/haas/v1', testKey],
    ['/humanping/api/v1', (await makeKey(services, 'humanping', person.id)).key],
  ] as const;
  for (const [base, bearer] of strangers) {
    for (const [method, path] of [
      ['GET', `/webhooks/${id}`],
      ['GET', `/webhooks/${id}/secret`],
      ['DELETE', `/webhooks/${id}`],
      ['POST', `/webhooks/${id}/test`],
      ['POST', `/webhooks/${id}/rotate-secret`],
      ['POST', `/webhooks/${id}/replay`],
      ['GET', `/webhook-deliveries/${delivery}`],
      ['POST', `/webhook-deliveries/${delivery}/replay`],
    ] as const) {
      expect((await api.call(base + path, { method, bearer })).status).toBe(404);
    }
    const { body } = await api.call(`${base}/webhook-deliveries`, { bearer });
    expect(body).toEqual({ deliveries: [] });
  }
  expect((await call('/webhooks', { bearer: undefined })).status).toBe(401);
});

test('a product dresses the answers in its own envelope, and a narrowed key needs the permission', async () => {
  const { key: narrow } = await makeKey(services, 'hitl', person.id, { permissions: ['loops:read'] });
  const { key: wide } = await makeKey(services, 'hitl', person.id, { permissions: ['requests:write'] });
  const answer = await api.call('/hitl/v1/api/webhooks', { bearer: wide });
  expect(answer.body).toMatchObject({ error: false, msg: expect.any(String), data: { webhooks: [{}] } });
  const refused = await api.call('/hitl/v1/api/webhooks', { bearer: narrow });
  expect(refused).toMatchObject({
    status: 403,
    body: { error: true, msg: 'Access denied to this resource' },
  });
});
