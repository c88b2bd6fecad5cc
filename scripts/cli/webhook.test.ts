import { createEndpoint } from '../../resource-api/webhooks/endpoints.js';
import { createUser } from '../../shared/identity/people/users.js';
import { enqueueJob } from '../../shared/jobs/queue.js';
import { createTestServices } from '../../shared/testing/services.js';
import { startWebhookReceiver } from '../../shared/testing/webhook-receiver.js';
import { runCli } from '../testing/cli.js';

const { services } = await createTestServices({ outboundAllow: ['127.0.0.1'] });
const receiver = await startWebhookReceiver();

const person = await createUser(services, { email: 'dev@example.com', name: 'Dev', verified: true });
const owner = { accountId: person.id, product: 'hitl', environment: 'live' as const };
const endpoint = await createEndpoint(services, owner, { url: receiver.url });

const cli = (...args: string[]) => runCli(services, args, { OUTBOUND_ALLOW: '127.0.0.1' });

test('webhook test sends an event at once and prints what came of it', async () => {
  receiver.answer = (response) => response.writeHead(418).end('a teapot');
  const { result } = await cli('webhook', 'test', '--id', endpoint.id);
  expect(result).toMatchObject({
    delivery: expect.stringMatching(/^dlv_/),
    state: 'pending',
    attempts: [{ status: 418, answer_body: 'a teapot', duration_ms: expect.any(Number) }],
  });
  expect(receiver.received).toMatchObject([{ id: result.event, json: { type: 'webhook.test' } }]);
}, 60_000);

test('webhook list shows endpoints with their standing, webhook replay sends again', async () => {
  await services.db('webhook_deliveries').update({ state: 'failed' });
  const { result } = await cli('webhook', 'list', '--user', 'dev@example.com', '--product', 'hitl');
  expect(result.endpoints).toMatchObject([
    {
      id: endpoint.id,
      account_id: person.id,
      product: 'hitl',
      url: receiver.url,
      state: 'active',
      state_reason: null,
      failed: 1,
      pending: 0,
      delivered: 0,
    },
  ]);
  expect((await cli('webhook', 'replay', '--endpoint', endpoint.id)).result).toEqual({ replayed: 1 });
  const unknown = await cli('webhook', 'replay', '--id', 'dlv_unknown');
  expect(unknown).toMatchObject({ status: 1, errors: 'There is no dlv_unknown\n' });
}, 60_000);

test('job list shows dead letters and job retry revives them', async () => {
  await enqueueJob(services, 'mail.send', { mailId: 'm' }, { maxAttempts: 1 });
  await services
    .db('graphile_worker._private_jobs')
    .update({ attempts: 1, max_attempts: 1, last_error: 'why' });
  const { result } = await cli('job', 'list');
  const [dead] = result.dead;
  expect(dead).toMatchObject({ name: expect.any(String), error: 'why' });
  expect((await cli('job', 'retry', '--id', dead.id)).result).toEqual({ id: dead.id });
  expect((await cli('job', 'retry', '--id', 'nonsense')).status).toBe(1);
}, 60_000);
