/** Tasks that want several answers: how those become one result, and who is paid. */
import { runDueJobs } from '../../../../shared/testing/jobs.js';
import { createTestServices } from '../../../../shared/testing/services.js';
import { startApi } from '../../../testing/serve.js';
import { taskHandlers } from '../domain/jobs.js';
import { creditAgent } from '../domain/ledger.js';
import { createTask, createTestWorker, deliver, registerTestAgent, taskIn } from '../testing/tasks.js';

const { services, clock } = await createTestServices({ rateLimitFactor: 1000 });
const api = await startApi(services);
const agent = await registerTestAgent(api);
await creditAgent(services, { agentId: agent.id, cents: 1_000_000 }, { kind: 'operator', id: 'test' });
await services.db('agents').where({ id: agent.id }).update({ free_tasks_remaining: 0 });
const post = { method: 'POST' };
const newWorker = () => createTestWorker(services, api);
const threeWorkers = await Promise.all([newWorker(), newWorker(), newWorker()]);
const workers = [...threeWorkers, ...(await Promise.all(Array.from({ length: 5 }, newWorker)))];

async function answered(...responses: string[]): Promise<string> {
  const id = await createTask(agent, { consensus_count: responses.length, budget_cents: 100 });
  expect(responses.length).toBeLessThanOrEqual(workers.length);
  for (const [index, worker] of workers.slice(0, responses.length).entries()) {
    expect((await deliver(worker, id, responses[index] ?? '')).status).toBe(201);
  }
  return id;
}

test('a task for three goes to exactly three of 50 parallel accepts', async () => {
  const id = await createTask(agent, { consensus_count: 3 });
  const crowd = await Promise.all(Array.from({ length: 50 }, () => createTestWorker(services, api)));
  const responses = await Promise.all(crowd.map((one) => one.call(`/tasks/${id}/accept`, post)));
  expect(responses.filter(({ status }) => status === 200)).toHaveLength(3);
});

test('it waits for all answers, and the majority of equal normalised answers is the result', async () => {
  const id = await createTask(agent, { consensus_count: 3, budget_cents: 100 });
  const [first, second, third] = threeWorkers;
  await deliver(first, id, 'Yes.');
  expect((await first.call(`/tasks/${id}/accept`, post)).status).toBe(409);
  expect(taskIn(await agent.call(`/tasks/${id}`))).toMatchObject({
    status: 'in_progress',
    consensus: { required: 3, received: 1, status: 'collecting', result: null },
  });
  await deliver(second, id, 'no');
  await deliver(third, id, '  YES ');
  expect(taskIn(await agent.call(`/tasks/${id}`))).toMatchObject({
    status: 'proof_submitted',
    consensus: { required: 3, received: 3, status: 'reached', result: 'Yes.' },
  });
  const approved = taskIn(await agent.call(`/tasks/${id}/approve`, post));
  expect(approved).toMatchObject({ status: 'completed', result: 'Yes.' });
  expect(approved.transactions.map(({ type, amount_cents: cents }) => [type, cents])).toEqual([
    ['escrow', expect.any(Number)],
    ['payout', 28],
    ['payout', 27],
    ['payout', 27],
    ['commission', 18],
  ]);
});

test('answers that disagree are a conflict until override_result decides', async () => {
  const id = await answered('yes', 'no', 'maybe');
  expect(taskIn(await agent.call(`/tasks/${id}`))).toMatchObject({
    consensus: { status: 'conflict', result: null },
  });
  const refused = await agent.call(`/tasks/${id}/approve`, post);
  expect([refused.status, refused.body]).toEqual([
    409,
    { error: 'The answers disagree: say which result counts with override_result' },
  ]);
  const decided = await agent.call(`/tasks/${id}/approve`, { body: { override_result: 'no' } });
  expect(taskIn(decided)).toMatchObject({ status: 'completed', result: 'no' });
});

test('half is no majority', async () => {
  const id = await answered('yes', 'yes', 'no', 'no');
  expect(taskIn(await agent.call(`/tasks/${id}`))).toMatchObject({ consensus: { status: 'conflict' } });
});

test('at the deadline it closes with the answers that are there; the other shares go back', async () => {
  const id = await createTask(agent, { consensus_count: 4, budget_cents: 400, deadline: '30m' });
  const [first, second, third] = threeWorkers;
  await deliver(first, id, 'yes');
  await deliver(second, id, 'yes');
  await third.call(`/tasks/${id}/accept`, post);
  clock.advance(31 * 60_000);
  await runDueJobs(services, taskHandlers);
  expect(taskIn(await agent.call(`/tasks/${id}`))).toMatchObject({
    status: 'proof_submitted',
    consensus: { received: 2, status: 'reached', result: 'yes' },
  });
  const late = await third.call(`/tasks/${id}/proof`, { body: { type: 'text', content: 'yes' } });
  expect([late.status, late.body]).toEqual([409, { error: 'Task has expired' }]);
  const { transactions } = taskIn(await agent.call(`/tasks/${id}/approve`, post));
  expect(transactions.map(({ type, amount_cents: cents }) => [type, cents])).toEqual([
    ['escrow', 400],
    ['payout', 82],
    ['payout', 82],
    ['commission', 36],
    ['refund', 200],
  ]);
});

test('proofs are read five at a time, in the order they came', async () => {
  const id = await answered('1', '2', '3', '4', '5', '6');
  const read = async (query: string) => {
    const { body } = await agent.call(`/tasks/${id}/proof${query}`);
    const { proofs, has_more: more } = body as { proofs: { content: string }[]; has_more: boolean };
    return [proofs.map(({ content }) => content).join(''), more];
  };
  expect(await read('')).toEqual(['12345', true]);
  expect(await read('?offset=5')).toEqual(['6', false]);
  expect((await agent.call(`/tasks/${id}/proof?limit=6`)).status).toBe(400);
});
