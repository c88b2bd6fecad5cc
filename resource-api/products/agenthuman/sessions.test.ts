/** Agents, sessions and messages: order, places of the plan, environments, ownership. */
import { changePlan } from '../../../shared/identity/people/plans.js';
import { getProduct } from '../../../shared/products/index.js';
import { createTestServices } from '../../../shared/testing/services.js';
import { makeKey, makePerson, startApi } from '../../testing/serve.js';

const { services } = await createTestServices({ rateLimitFactor: 1000 });
const api = await startApi(services);
const base = '/agenthuman/v1';

async function newAccount(environment: 'live' | 'test' = 'live') {
  const person = await makePerson(services);
  const { key } = await makeKey(services, 'agenthuman', person.id, { environment });
  return { person, key };
}

const call = (key: string, path: string, options: { method?: string; body?: unknown } = {}) =>
  api.call(base + path, { ...options, headers: { 'x-api-key': key } });

type Created = { agent: { agent_id: string } };
const newAgent = async (key: string, members: object = { name: 'Greeter' }) =>
  ((await call(key, '/agents', { body: members })).body as Created).agent.agent_id;
type Started = { session: { session_id: string } };
const newSession = async (key: string, agentId: string) =>
  ((await call(key, '/sessions', { body: { agent_id: agentId } })).body as Started).session.session_id;

test('an agent is created with its defaults, changed and deleted', async () => {
  const { key } = await newAccount();
  const made = await call(key, '/agents', { body: { name: 'Greeter', avatar_id: 'avat_june' } });
  expect(made.status).toBe(201);
  expect(made.body).toEqual({
    success: true,
    agent: {
      agent_id: expect.stringMatching(/^agnt_[0-9a-f]{24}$/),
      name: 'Greeter',
      avatar_id: 'avat_june',
      language: 'en',
      custom_greeting: '',
      context: '',
      properties: {},
      status: 'active',
      created_at: expect.any(String),
      updated_at: expect.any(String),
    },
    message: 'Agent created successfully',
  });
  const id = (made.body as Created).agent.agent_id;
  const put = await call(key, `/agents/${id}`, { method: 'PUT', body: { custom_greeting: 'Hello' } });
  expect(put.body).toMatchObject({ agent: { name: 'Greeter', custom_greeting: 'Hello' } });
  expect((await call(key, `/agents/${id}`, { method: 'DELETE' })).status).toBe(200);
  const gone = await call(key, `/agents/${id}`);
  expect([gone.status, gone.body]).toEqual([404, { success: false, error: 'Agent not found' }]);
});

test.each([
  [{}, 'name'],
  [{ name: 'x', language: 'english!' }, 'language'],
  [{ name: 'x', avatar_id: 'avat_none' }, 'avatar_id'],
  [{ name: 'x', unknown: 1 }, 'unknown'],
])('a wrong member is told by its name: %j', async (body, field) => {
  const { key } = await newAccount();
  const response = await call(key, '/agents', { body });
  expect(response.status).toBe(400);
  expect(response.body).toMatchObject({ success: false, field });
});

test('messages keep their order under 50 parallel writers, and come in pages', async () => {
  const { key } = await newAccount();
  const session = await newSession(key, await newAgent(key));
  const written = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      call(key, `/sessions/${session}/messages`, { body: { content: `message ${index}` } }),
    ),
  );
  expect(written.every((response) => response.status === 201)).toBe(true);
  const first = await call(key, `/sessions/${session}/messages?limit=30`);
  const page = first.body as { messages: Array<{ content: string }>; next_cursor: string };
  const rest = await call(key, `/sessions/${session}/messages?limit=30&cursor=${page.next_cursor}`);
  const all = [...page.messages, ...(rest.body as typeof page).messages].map((message) => message.content);
  expect(new Set(all).size).toBe(50);
  expect((await call(key, `/sessions/${session}`)).body).toMatchObject({ session: { message_count: 50 } });
});

test('a message has 1 to 10,000 characters and one of three roles', async () => {
  const { key } = await newAccount();
  const session = await newSession(key, await newAgent(key));
  const say = (body: object) => call(key, `/sessions/${session}/messages`, { body });
  expect((await say({ content: '' })).status).toBe(400);
  expect((await say({ content: 'x'.repeat(10_001) })).status).toBe(400);
  expect((await say({ content: 'x', role: 'robot' })).status).toBe(400);
  expect((await say({ content: 'x'.repeat(10_000), role: 'system' })).status).toBe(201);
});

test('ending is idempotent, and an ended session takes no message', async () => {
  const { key } = await newAccount();
  const session = await newSession(key, await newAgent(key));
  const once = await call(key, `/sessions/${session}/end`, { method: 'POST' });
  const twice = await call(key, `/sessions/${session}/end`, { method: 'POST' });
  expect(once.body).toMatchObject({ success: true, session: { status: 'completed' } });
  expect(twice.body).toEqual(once.body);
  const late = await call(key, `/sessions/${session}/messages`, { body: { content: 'still there?' } });
  expect([late.status, late.body]).toEqual([409, { success: false, error: 'Session has ended' }]);
  const active = await call(key, '/sessions?status=active');
  expect(active.body).toMatchObject({ sessions: [] });
});

test('of 50 parallel starts exactly as many succeed as the plan has places', async () => {
  const { key, person } = await newAccount();
  const agent = await newAgent(key);
  const operator = { kind: 'operator', id: 'test' } as const;
  await changePlan(
    services,
    { accountId: person.id, product: getProduct('agenthuman'), plan: 'explorer' },
    operator,
  );
  const responses = await Promise.all(
    Array.from({ length: 50 }, () => call(key, '/sessions', { body: { agent_id: agent } })),
  );
  expect(responses.filter((response) => response.status === 201)).toHaveLength(5);
  const refused = responses.find((response) => response.status === 429);
  expect(refused?.body).toEqual({
    success: false,
    error: 'Concurrent session limit reached for your plan',
    concurrency: { current: 5, max: 5, available: 0 },
  });
});

test('a test key never sees what is live, and the other way round', async () => {
  const { key: live, person } = await newAccount('live');
  const { key: test_ } = await makeKey(services, 'agenthuman', person.id, { environment: 'test' });
  const agent = await newAgent(live);
  const session = await newSession(live, agent);
  expect((await call(test_, '/sessions')).body).toMatchObject({ sessions: [] });
  expect((await call(test_, `/sessions/${session}`)).status).toBe(404);
  expect((await call(test_, `/agents/${agent}`)).status).toBe(404);
  expect((await call(test_, '/sessions', { body: { agent_id: agent } })).status).toBe(404);
});

test('another account’s agents and sessions are as good as none', async () => {
  const mine = await newAccount();
  const agent = await newAgent(mine.key);
  const session = await newSession(mine.key, agent);
  const { key } = await newAccount();
  for (const path of [`/agents/${agent}`, `/sessions/${session}`, `/sessions/${session}/messages`]) {
    expect((await call(key, path)).status).toBe(404);
  }
});

test('one’s own avatars, voices and roles are written under a JWT only', async () => {
  const { key } = await newAccount();
  expect((await call(key, '/avatars', { body: { name: 'Me' } })).status).toBe(401);
  expect((await call(key, '/roles/role_host', { method: 'DELETE' })).status).toBe(401);
});
