/** What a receiver gets, and how it can tell that it comes from here. */
import { Webhook } from 'standardwebhooks';
import { runDueJobs } from '../../../shared/testing/jobs.js';
import { createTestServices } from '../../../shared/testing/services.js';
import { startWebhookReceiver, verifyWebhook } from '../../../shared/testing/webhook-receiver.js';
import { emitEvent } from '../../../shared/webhooks/outbox.js';
import { createEndpoint, listEndpoints, revealSecret, rotateSecret } from '../endpoints.js';
import { webhookHandlers } from '../handlers.js';

const { services, clock } = await createTestServices({ outboundAllow: ['127.0.0.1'] });
const receiver = await startWebhookReceiver();
const owner = { accountId: 'acc', product: 'p', environment: 'live' as const };
const event = {
  accountId: 'acc',
  product: 'p',
  type: 'task.completed',
  data: { task_id: 't1', text: 'grüß Gott' },
};

const emit = async (values: object = {}) => {
  const id = await emitEvent(services, { ...event, ...values });
  await runDueJobs(services, webhookHandlers);
  const webhook = receiver.received.pop();
  if (!webhook) throw new Error('nothing was received');
  return { id, webhook };
};

const endpoint = await createEndpoint(services, owner, { url: `${receiver.url}/hook?a=b` });

test('an event arrives once, as type, timestamp and data, with the headers of Standard Webhooks', async () => {
  const { id, webhook } = await emit();
  expect(receiver.received).toEqual([]);
  expect(webhook).toMatchObject({ id, path: '/hook?a=b' });
  expect(webhook.headers).toMatchObject({
    'content-type': 'application/json',
    'webhook-timestamp': expect.stringMatching(/^\d{10}$/),
    'webhook-signature': expect.stringMatching(/^v1,[A-Za-z0-9+/]{43}=$/),
  });
  expect(webhook.json).toEqual({
    type: 'task.completed',
    timestamp: expect.any(String),
    data: event.data,
  });
});

test('two independent verifiers accept the signature, and nothing that was changed or is old', async () => {
  const { webhook } = await emit();
  const secret = await revealSecret(services, owner, endpoint.id);
  const headers = webhook.headers as Record<string, string>;
  expect(verifyWebhook(webhook, secret)).toBe(true);
  expect(new Webhook(secret).verify(webhook.body, headers)).toEqual(webhook.json);

  const other = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
  expect(verifyWebhook(webhook, other)).toBe(false);
  for (const changed of [
    { ...webhook, body: webhook.body.replace('t1', 't2') },
    { ...webhook, headers: { ...headers, 'webhook-id': 'evt_other' } },
    {
      ...webhook,
      headers: { ...headers, 'webhook-timestamp': `${Number(headers['webhook-timestamp']) + 1}` },
    },
  ]) {
    expect(verifyWebhook(changed, secret)).toBe(false);
    expect(() =>
      new Webhook(secret).verify(changed.body, changed.headers as Record<string, string>),
    ).toThrow();
  }
  clock.advance(301_000);
  expect(verifyWebhook(webhook, secret)).toBe(false);
  expect(() => new Webhook(secret).verify(webhook.body, headers)).toThrow('too old');
});

test('while a secret is rotated both verify, and afterwards only the new one', async () => {
  const before = await revealSecret(services, owner, endpoint.id);
  const after = await rotateSecret(services, owner, endpoint.id, 3600);
  const during = await emit();
  expect(verifyWebhook(during.webhook, before)).toBe(true);
  expect(verifyWebhook(during.webhook, after)).toBe(true);
  clock.advance(3_601_000);
  const later = await emit();
  expect(verifyWebhook(later.webhook, before)).toBe(false);
  expect(verifyWebhook(later.webhook, after)).toBe(true);
});

test("a task's own address gets the product's own body, signed by the account's callback secret", async () => {
  const { webhook, id } = await emit({
    url: `${receiver.url}/callback`,
    urlBody: { event: 'request.completed', request_id: 'r1' },
    type: 'request.completed',
  });
  expect(receiver.received.pop()?.path).toBe('/hook?a=b');
  expect(webhook).toMatchObject({ id, path: '/callback' });
  expect(webhook.json).toEqual({ event: 'request.completed', request_id: 'r1' });
  const [callback] = await listEndpoints(services, owner);
  expect(callback).toMatchObject({ kind: 'callback', url: null });
  expect(verifyWebhook(webhook, await revealSecret(services, owner, callback?.id ?? ''))).toBe(true);
});
