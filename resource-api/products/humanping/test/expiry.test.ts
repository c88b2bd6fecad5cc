/** Deadlines, what expires and what then goes back, and what the agent is told of all that. */

import { runDueJobs } from '../../../../shared/testing/jobs.js';
import { createTestServices } from '../../../../shared/testing/services.js';
import { startApi } from '../../../testing/serve.js';
import { taskHandlers } from '../domain/jobs.js';
import { creditAgent } from '../domain/ledger.js';
import {
  createTask,
  createTestWorker,
  deliver,
  registerTestAgent,
  type TestAgent,
  taskIn,
} from '../testing/tasks.js';

const { services, clock } = await createTestServices({ rateLimitFactor: 1000 });
const api = await startApi(services);
const post = { method: 'POST' };
const run = () => runDueJobs(services, taskHandlers);

const me = async (agent: TestAgent) =>
  ((await agent.call('/agents/me')).body as { agent: Record<string, number> }).agent;

test('a deadline is a moment, or a span from now', async () => {
  const agent = await registerTestAgent(api);
  const deadlineOf = async (deadline: string) => {
    const id = await createTask(agent, { deadline });
    return Date.parse(`${taskIn(await agent.call(`/tasks/${id}`)).deadline}`);
  };
  const inHours = (hours: number) => clock.ms() + hours * 3_600_000;
  expect(Math.abs((await deadlineOf('30m')) - inHours(0.5))).toBeLessThan(10_000);
  expect(Math.abs((await deadlineOf('2h')) - inHours(2))).toBeLessThan(10_000);
  const moment = new Date(inHours(5)).toISOString();
  expect(await deadlineOf(moment)).toBe(Date.parse(moment));
});

test('when nobody took it, it expires at its deadline and the money or the free task is back', async () => {
  const agent = await registerTestAgent(api);
  const free = [];
  for (let task = 0; task < 3; task += 1) free.push(await createTask(agent, { deadline: '1h' }));
  await creditAgent(services, { agentId: agent.id, cents: 800 }, { kind: 'operator', id: 'test' });
  const paid = await createTask(agent, { deadline: '1h' });
  expect(await me(agent)).toMatchObject({ balance_cents: 300, free_tasks_remaining: 0 });
  clock.advance(59 * 60_000);
  await run();
  expect(taskIn(await agent.call(`/tasks/${paid}`)).status).toBe('pending');
  clock.advance(61_000);
  const late = await (await createTestWorker(services, api)).call(`/tasks/${paid}/accept`, post);
  expect([late.status, late.body]).toEqual([409, { error: 'Task has expired' }]);
  await run();
  await run();
  expect(taskIn(await agent.call(`/tasks/${paid}`))).toMatchObject({
    status: 'expired',
    transactions: [{ type: 'escrow' }, { type: 'refund', amount_cents: 500 }],
  });
  expect(await me(agent)).toMatchObject({ balance_cents: 800, free_tasks_remaining: 3 });
});

test('who took it and did not deliver gets nothing; what was delivered in time does not expire', async () => {
  const agent = await registerTestAgent(api);
  const worker = await createTestWorker(services, api);
  const idle = await createTask(agent, { deadline: '1h' });
  const done = await createTask(agent, { deadline: '1h' });
  await worker.call(`/tasks/${idle}/accept`, post);
  await deliver(worker, done);
  clock.advance(3_700_000);
  await run();
  expect(taskIn(await agent.call(`/tasks/${idle}`)).status).toBe('expired');
  expect(taskIn(await agent.call(`/tasks/${done}`)).status).toBe('proof_submitted');
  expect((await me(agent)).free_tasks_remaining).toBe(1);
  expect((await worker.call('/history')).body).toMatchObject({
    history: [{ task_id: idle, status: 'expired', earned_cents: 0 }],
  });
  expect(taskIn(await agent.call(`/tasks/${done}/approve`, post)).status).toBe('completed');
});

test('a task without a deadline ends after 30 days', async () => {
  const agent = await registerTestAgent(api);
  const id = await createTask(agent);
  clock.advance(30 * 86_400_000 - 60_000);
  await run();
  expect(taskIn(await agent.call(`/tasks/${id}`)).status).toBe('pending');
  clock.advance(61_000);
  await run();
  expect(taskIn(await agent.call(`/tasks/${id}`)).status).toBe('expired');
});

test('each event is written with its cause: to callback_url, or else to the agent’s webhook_url', async () => {
  const registered = await api.call('/humanping/api/v1/agents/register', {
    body: { name: 'x', email: 'hooked@example.com', webhook_url: 'https://mybot.com/callback' },
  });
  const { agent } = registered.body as { agent: { id: string; api_key: string } };
  const create = async (members: object) => {
    const body = { description: 'd', budget_cents: 100, deadline: '1h', ...members };
    const made = await api.call('/humanping/api/v1/tasks', { bearer: agent.api_key, body });
    return taskIn(made).id;
  };
  const worker = await createTestWorker(services, api);
  const settle = (id: string, word: string) =>
    api.call(`/humanping/api/v1/tasks/${id}/${word}`, { bearer: agent.api_key, ...post });
  const one = await create({ callback_url: 'https://mybot.com/one' });
  const two = await create({});
  await create({ callback_url: 'https://mybot.com/three' });
  for (const id of [one, two]) await deliver(worker, id);
  await settle(one, 'approve');
  await settle(two, 'dispute');
  expect((await settle(two, 'dispute')).status).toBe(409);
  clock.advance(3_700_000);
  await run();
  const written = await services
    .db('webhook_deliveries')
    .join('webhook_events', 'webhook_events.id', 'webhook_deliveries.event_id')
    .where({ account_id: agent.id, product: 'humanping' })
    .orderBy('seq')
    .select('type', 'webhook_deliveries.url', 'webhook_events.body');
  const of = (url: string) => written.filter((row) => row.url === `https://mybot.com/${url}`);
  expect(of('one').map(({ type }) => type)).toEqual([
    'task.accepted',
    'task.proof_submitted',
    'task.completed',
  ]);
  expect(of('callback').map(({ type }) => type)).toEqual([
    'task.accepted',
    'task.proof_submitted',
    'task.disputed',
  ]);
  expect(of('three').map(({ type }) => type)).toEqual(['task.expired']);
  expect(JSON.parse(of('one').at(-1)?.body)).toEqual({
    type: 'task.completed',
    timestamp: expect.any(String),
    data: { task_id: one, status: 'completed' },
  });
});
