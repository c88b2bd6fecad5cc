/** An agent that lost its key: its address alone is worth nothing, its mailbox a new key, once. */
import { disableAgent } from '../../../../shared/identity/people/agents.js';
import { listDevelopmentMails } from '../../../../shared/mail/development.js';
import { getMailedToken, getNewestMail } from '../../../../shared/testing/people.js';
import { createTestServices } from '../../../../shared/testing/services.js';
import { startApi } from '../../../testing/serve.js';
import { registerTestAgent, type TestAgent } from '../testing/tasks.js';

const { services, clock } = await createTestServices({ rateLimitFactor: 1000 });
const api = await startApi(services);

/** Registers again without the key, as whoever knows the address can. */
const registerAgain = ({ email }: TestAgent, headers: Record<string, string> = {}) =>
  api.call('/humanping/api/v1/agents/register', { body: { name: 'Again', email }, headers });

const page = (token: string, method = 'GET') =>
  api.call(`/humanping/api/v1/agents/recover-key?token=${token}`, { method });

const statusOf = async (bearer: string) => (await api.call('/humanping/api/v1/agents/me', { bearer })).status;

const keyIn = (html: string) => /hp_live_\w+/.exec(html)?.[0] ?? '';

test('a known email gets its 409 and a mailed link; its page shows a new key once and ends the old one', async () => {
  const agent = await registerTestAgent(api);
  const again = await registerAgain(agent);
  expect([again.status, again.body]).toEqual([409, { error: 'Already registered' }]);
  const mail = await getNewestMail(services, agent.email);
  expect(mail.links[0]).toMatch(/\/humanping\/api\/v1\/agents\/recover-key\?token=[\w-]{43}$/);
  const token = await getMailedToken(services, agent.email);
  for (let look = 0; look < 2; look += 1) {
    const shown = await page(token);
    expect([shown.status, keyIn(shown.text)]).toEqual([200, '']);
    expect(shown.text).toContain('<form method="post">');
    expect(shown.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(shown.headers.get('referrer-policy')).toBe('no-referrer');
  }
  expect(await statusOf(agent.key)).toBe(200);
  const sent = await fetch(`${api.url}/humanping/api/v1/agents/recover-key?token=${token}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: '',
  });
  expect(sent.status).toBe(200);
  const key = keyIn(await sent.text());
  expect([await statusOf(agent.key), await statusOf(key)]).toEqual([401, 200]);
  expect((await page(token, 'POST')).status).toBe(410);
  expect((await page(token)).status).toBe(410);
});

test('50 uses of one link at the same time show one key', async () => {
  const agent = await registerTestAgent(api);
  await registerAgain(agent);
  const token = await getMailedToken(services, agent.email);
  const responses = await Promise.all(Array.from({ length: 50 }, () => page(token, 'POST')));
  const keys = responses.map(({ text }) => keyIn(text)).filter(Boolean);
  expect(keys).toHaveLength(1);
  expect(await statusOf(`${keys}`)).toBe(200);
});

test('a link works for 30 minutes, and at most three are sent in an hour', async () => {
  const agent = await registerTestAgent(api);
  for (let time = 0; time < 5; time += 1) expect((await registerAgain(agent)).status).toBe(409);
  expect(await listDevelopmentMails(services, { to: agent.email })).toHaveLength(3);
  const token = await getMailedToken(services, agent.email);
  clock.advance(31 * 60_000);
  expect((await page(token, 'POST')).status).toBe(410);
  clock.advance(31 * 60_000);
  await registerAgain(agent);
  expect(await listDevelopmentMails(services, { to: agent.email })).toHaveLength(4);
  expect((await page('nonsense')).status).toBe(404);
});

test('the key of another agent, or one that is dead, does not rotate', async () => {
  const agent = await registerTestAgent(api);
  const other = await registerTestAgent(api);
  for (const key of [other.key, 'hp_live_abc123', `${agent.key}x`]) {
    expect((await registerAgain(agent, { 'x-api-key': key })).status).toBe(409);
  }
  expect([await statusOf(agent.key), await statusOf(other.key)]).toEqual([200, 200]);
  expect((await registerAgain(agent, { 'x-api-key': agent.key })).status).toBe(201);
  expect(await statusOf(agent.key)).toBe(401);
});

test('POST agents/me/rotate-key gives a new key once and ends the old one at once', async () => {
  const agent = await registerTestAgent(api);
  const responses = await Promise.all(
    Array.from({ length: 10 }, () => agent.call('/agents/me/rotate-key', { method: 'POST' })),
  );
  const made = responses.filter(({ status }) => status === 201);
  expect(made).toHaveLength(1);
  expect(made[0]?.body).toEqual({
    agent: {
      id: agent.id,
      name: expect.any(String),
      api_key: expect.stringMatching(/^hp_live_/),
      balance_cents: 0,
      free_tasks_remaining: 3,
    },
  });
  expect([await statusOf(agent.key), await statusOf(keyIn(made[0]?.text ?? ''))]).toEqual([401, 200]);
});

test('a disabled agent is sent nothing', async () => {
  const agent = await registerTestAgent(api);
  await disableAgent(services, agent.id, { kind: 'operator', id: 'test' });
  expect((await registerAgain(agent)).status).toBe(409);
  expect(await listDevelopmentMails(services, { to: agent.email })).toEqual([]);
});

test('a key that was reported as leaked does not rotate itself: its owner is mailed the link', async () => {
  const agent = await registerTestAgent(api);
  await services.db('api_keys').where({ agent_id: agent.id }).update({ leaked_at: clock.now() });
  const again = await registerAgain(agent, { 'x-api-key': agent.key });
  expect([again.status, again.body]).toEqual([409, { error: 'Already registered' }]);
  const token = await getMailedToken(services, agent.email);
  const key = keyIn((await page(token, 'POST')).text);
  expect([await statusOf(agent.key), await statusOf(key)]).toEqual([401, 200]);
});
