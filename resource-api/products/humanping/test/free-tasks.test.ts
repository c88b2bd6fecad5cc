/** Free tasks of agents that nobody claimed: three each, and fewer than twelve a day from one network. */
import { createTestServices } from '../../../../shared/testing/services.js';
import { startApi } from '../../../testing/serve.js';
import { creditAgent } from '../domain/ledger.js';

const { services, clock } = await createTestServices({ trustedProxies: 1, rateLimitFactor: 1 });
const api = await startApi(services);

let agents = 0;

async function registerFrom(address: string) {
  agents += 1;
  const response = await api.call('/humanping/api/v1/agents/register', {
    body: { name: 'Bot', email: `free${agents}@example.org` },
    headers: { 'X-Forwarded-For': address },
  });
  const { agent } = response.body as { agent: { id: string; api_key: string } };
  return { id: agent.id, key: agent.api_key };
}

const createTask = async (key: string, address: string) =>
  (
    await api.call('/humanping/api/v1/tasks', {
      bearer: key,
      body: { description: 'Is the café open?', budget_cents: 100 },
      headers: { 'X-Forwarded-For': address },
    })
  ).status;

test('50 parallel requests of 6 unclaimed agents in one IPv6 /64 get 11 free tasks', async () => {
  const address = (host: number) => `2001:db8:5:5::${host.toString(16)}`;
  const keys: string[] = [];
  for (let host = 1; host <= 6; host += 1) keys.push((await registerFrom(address(host))).key);
  const attempts = Array.from({ length: 50 }, (_, index) => keys[index % 6] ?? '');
  const statuses = await Promise.all(attempts.map((key, index) => createTask(key, address(100 + index))));
  expect(statuses.filter((status) => status === 201)).toHaveLength(11);
  expect(new Set(statuses)).toEqual(new Set([201, 402]));
  const { rows } = await services.db.raw('select sum(3 - free_tasks_remaining)::int as taken from agents');
  expect(rows).toEqual([{ taken: 11 }]);
});

test('an agent keeps its free tasks for the next day, and other networks have their own', async () => {
  const used: { id: string; key: string }[] = [];
  for (let count = 0; count < 5; count += 1) used.push(await registerFrom('198.51.100.7'));
  const [last] = used.slice(-1);
  const statuses: number[] = [];
  for (const { key } of used.slice(0, 4)) {
    for (let task = 0; task < 3; task += 1) statuses.push(await createTask(key, '198.51.100.7'));
  }
  expect(statuses).toEqual([...Array(11).fill(201), 402]);
  expect(await createTask(last?.key ?? '', '198.51.100.7')).toBe(402);
  // Another address does not help an agent that was registered from this one.
  expect(await createTask(last?.key ?? '', '198.51.100.8')).toBe(402);
  expect(await createTask((await registerFrom('198.51.100.9')).key, '198.51.100.9')).toBe(201);
  const operator = { kind: 'operator', id: 'test' } as const;
  await creditAgent(services, { agentId: last?.id ?? '', cents: 100 }, operator);
  expect(await createTask(last?.key ?? '', '198.51.100.7')).toBe(201);
  const row = await services.db('agents').where({ id: last?.id }).first();
  expect(row).toMatchObject({ free_tasks_remaining: 3, balance_cents: 0 });
  clock.advance(24 * 3_600_000 + 1_000);
  expect(await createTask(last?.key ?? '', '198.51.100.7')).toBe(201);
});

test('a claimed agent uses its free tasks whatever others did', async () => {
  const agents = [];
  for (let count = 0; count < 5; count += 1) agents.push(await registerFrom('203.0.113.4'));
  for (const { key } of agents.slice(0, 4)) {
    for (let task = 0; task < 3; task += 1) await createTask(key, '203.0.113.4');
  }
  const [last] = agents.slice(-1);
  await services.db('agents').where({ id: last?.id }).update({ claimed_at: clock.now() });
  expect(await createTask(last?.key ?? '', '203.0.113.4')).toBe(201);
});
