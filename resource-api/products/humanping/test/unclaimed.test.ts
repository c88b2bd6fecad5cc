/** An agent whose mailbox somebody proved is unclaimed: nothing is sent to its callbacks until they claim it. */
import { createTestUser, getMailedToken, getNewestMail } from '../../../../shared/testing/people.js';
import { createTestServices } from '../../../../shared/testing/services.js';
import { startApi } from '../../../testing/serve.js';
import { createTask, createTestWorker, registerTestAgent, type TestAgent } from '../testing/tasks.js';

const { services } = await createTestServices({ rateLimitFactor: 1000 });
const api = await startApi(services);
const worker = await createTestWorker(services, api);

/** An agent with every kind of callback. */
async function registerWithCallbacks() {
  const agent = await registerTestAgent(api);
  await services
    .db('agents')
    .where({ id: agent.id })
    .update({ webhook_url: 'https://squatter.example/agent' });
  await agent.call('/webhooks', { body: { url: 'https://squatter.example/endpoint' } });
  return agent;
}

/** How many deliveries an event of a task brings about, whose own URL is the agent's or the task's. */
async function deliveriesOf(agent: TestAgent, members: Record<string, unknown> = {}): Promise<number> {
  const before = await countPending(agent);
  const id = await createTask(agent, members);
  expect((await worker.call(`/tasks/${id}/accept`, { method: 'POST' })).status).toBe(200);
  return (await countPending(agent)) - before;
}

async function countPending(agent: TestAgent): Promise<number> {
  const row = await services
    .db('webhook_deliveries')
    .join('webhook_endpoints', 'webhook_endpoints.id', 'endpoint_id')
    .where({ account_id: agent.id, 'webhook_deliveries.state': 'pending' })
    .count({ count: '*' })
    .first();
  return Number(row?.count);
}

const isUnclaimed = async (agent: TestAgent) =>
  ((await agent.call('/agents/me')).body as { agent: { unclaimed: boolean } }).agent.unclaimed;

const own = { callback_url: 'https://squatter.example/task' };

test('callbacks are sent until somebody proves the mailbox, and what waits then is given up', async () => {
  const agent = await registerWithCallbacks();
  expect(await isUnclaimed(agent)).toBe(false);
  expect(await deliveriesOf(agent, own)).toBe(2);
  await createTestUser(services, { email: agent.email, verified: false });
  expect(await isUnclaimed(agent)).toBe(false);
  expect(await deliveriesOf(agent)).toBe(2);
  const { email } = agent;
  await api.call('/agenthuman/v1/auth/otp', { body: { email } });
  const { code } = await getNewestMail(services, email);
  expect((await api.call('/agenthuman/v1/auth/otp/verify', { body: { email, code } })).status).toBe(200);
  expect([await isUnclaimed(agent), await countPending(agent)]).toEqual([true, 0]);
  expect(await deliveriesOf(agent, own)).toBe(0);
});

test('an agent registered with the email of a person who proved it is unclaimed from the start', async () => {
  const { email } = await createTestUser(services);
  const { body } = await api.call('/humanping/api/v1/agents/register', { body: { name: 'Bot', email } });
  const { agent } = body as { agent: { id: string; api_key: string } };
  const call: TestAgent['call'] = (path, options) =>
    api.call(`/humanping/api/v1${path}`, { bearer: agent.api_key, ...options });
  expect(await isUnclaimed({ id: agent.id, email, key: agent.api_key, call })).toBe(true);
});

test('the recovery link claims the agent: a new key, and no key, URL or endpoint from before', async () => {
  const agent = await registerWithCallbacks();
  const before = await createTask(agent, own);
  await createTestUser(services, { email: agent.email });
  expect(await isUnclaimed(agent)).toBe(true);
  await api.call('/humanping/api/v1/agents/register', { body: { name: 'Again', email: agent.email } });
  const link = `/humanping/api/v1/agents/recover-key?token=${await getMailedToken(services, agent.email)}`;
  for (const method of ['HEAD', 'GET']) await api.call(link, { method });
  expect(await isUnclaimed(agent)).toBe(true);
  const page = await api.call(link, { method: 'POST' });
  const key = /hp_live_\w+/.exec(page.text)?.[0] ?? '';
  expect((await agent.call('/agents/me')).status).toBe(401);
  const claimed: TestAgent = {
    ...agent,
    key,
    call: (path, options) => api.call(`/humanping/api/v1${path}`, { bearer: key, ...options }),
  };
  expect((await claimed.call('/agents/me')).body).toMatchObject({
    agent: { webhook_url: null, unclaimed: false },
  });
  const { webhooks } = (await claimed.call('/webhooks')).body as { webhooks: { url: string | null }[] };
  expect(webhooks.filter(({ url }) => url !== null)).toEqual([]);
  expect((await worker.call(`/tasks/${before}/accept`, { method: 'POST' })).status).toBe(200);
  expect(await countPending(claimed)).toBe(0);
  expect(await deliveriesOf(claimed, { callback_url: 'https://owner.example/task' })).toBe(1);
});

test('an owner who loses the key of a claimed agent keeps their URLs and endpoints', async () => {
  const agent = await registerWithCallbacks();
  await services.db('agents').where({ id: agent.id }).update({ claimed_at: new Date() });
  await api.call('/humanping/api/v1/agents/register', { body: { name: 'Again', email: agent.email } });
  const token = await getMailedToken(services, agent.email);
  await api.call(`/humanping/api/v1/agents/recover-key?token=${token}`, { method: 'POST' });
  const row = await services.db('agents').where({ id: agent.id }).first();
  expect(row.webhook_url).toBe('https://squatter.example/agent');
  const live = await services.db('webhook_endpoints').where({ account_id: agent.id, deleted_at: null });
  expect(live.map(({ url }) => url)).toContain('https://squatter.example/endpoint');
});
