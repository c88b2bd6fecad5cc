/** How a task ends: approved or disputed, once, by its own agent, and where its money goes. */
import { createTestServices } from '../../../../shared/testing/services.js';
import { anotherProcess, startApi } from '../../../testing/serve.js';
import {
  balanceOf,
  createTask,
  createTestWorker,
  deliver,
  registerRichAgent,
  registerTestAgent,
  taskIn,
} from '../testing/tasks.js';

const { services } = await createTestServices({ rateLimitFactor: 1000 });
const api = await startApi(services);
const other = await startApi(anotherProcess(services));
const post = { method: 'POST' };

test('approval releases the escrow to the worker minus 18 % commission, once', async () => {
  const agent = await registerRichAgent(services, api, 1_000);
  const worker = await createTestWorker(services, api);
  const id = await createTask(agent, { budget_cents: 999 });
  expect((await agent.call(`/tasks/${id}/approve`, post)).status).toBe(409);
  expect((await deliver(worker, id)).status).toBe(201);
  const responses = await Promise.all(
    Array.from({ length: 10 }, () => agent.call(`/tasks/${id}/approve`, post)),
  );
  expect(responses.filter(({ status }) => status === 200)).toHaveLength(1);
  const task = taskIn(await agent.call(`/tasks/${id}`));
  expect(task.status).toBe('completed');
  expect(task.transactions.map(({ type, amount_cents: cents }) => [type, cents])).toEqual([
    ['escrow', 999],
    ['payout', 819],
    ['commission', 180],
  ]);
  expect((await worker.call('/earnings')).body).toEqual({
    earned_cents: 819,
    tasks_completed: 1,
    tasks_disputed: 0,
    trust_score: 1,
  });
  expect((await worker.call('/history')).body).toMatchObject({
    history: [{ task_id: id, status: 'approved', earned_cents: 819 }],
  });
  expect((await agent.call(`/tasks/${id}/dispute`, post)).status).toBe(409);
});

test('a dispute refunds the agent and costs the worker trust', async () => {
  const agent = await registerRichAgent(services, api, 1_000);
  const worker = await createTestWorker(services, api);
  const good = await createTask(agent);
  const bad = await createTask(agent);
  await deliver(worker, good);
  await deliver(worker, bad, 'no idea');
  expect(await balanceOf(agent)).toBe(0);
  await agent.call(`/tasks/${good}/approve`, post);
  const disputed = await agent.call(`/tasks/${bad}/dispute`, { body: { reason: 'That is no answer' } });
  expect(taskIn(disputed)).toMatchObject({
    status: 'disputed',
    dispute_reason: 'That is no answer',
    proofs: [{ status: 'disputed' }],
  });
  expect(await balanceOf(agent)).toBe(500);
  expect((await worker.call('/me')).body).toMatchObject({
    worker: { trust_score: 0.5, tasks_completed: 1, tasks_disputed: 1, earned_cents: 410 },
  });
});

test('of approvals and disputes at the same time one takes effect', async () => {
  const agent = await registerRichAgent(services, api, 500);
  const id = await createTask(agent);
  await deliver(await createTestWorker(services, api), id);
  const responses = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      (index % 2 ? api : other).call(
        `/humanping/api/v1/tasks/${id}/${index % 4 < 2 ? 'approve' : 'dispute'}`,
        {
          ...post,
          bearer: agent.key,
        },
      ),
    ),
  );
  const [done, ...more] = responses.filter(({ status }) => status === 200);
  expect(more).toEqual([]);
  expect(await balanceOf(agent)).toBe(done && taskIn(done).status === 'disputed' ? 500 : 0);
});

test('another agent sees and settles nothing of it', async () => {
  const owner = await registerTestAgent(api);
  const stranger = await registerTestAgent(api);
  const id = await createTask(owner);
  await deliver(await createTestWorker(services, api), id);
  const missing = [404, { error: 'Task not found' }];
  for (const [path, options] of [
    ['', {}],
    ['/proof', {}],
    ['/approve', post],
    ['/dispute', post],
  ] as const) {
    const response = await stranger.call(`/tasks/${id}${path}`, options);
    expect([response.status, response.body]).toEqual(missing);
  }
});
