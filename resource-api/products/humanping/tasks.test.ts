/** Tasks as they are made, listed and taken, and where their money comes from. */

import { createTestServices } from '../../../shared/testing/services.js';
import { anotherProcess, startApi } from '../../testing/serve.js';
import { creditAgent } from './domain/ledger.js';
import {
  balanceOf,
  createTask,
  createTestWorker,
  deliver,
  registerRichAgent,
  registerTestAgent,
  taskIn,
} from './testing/tasks.js';

const { services } = await createTestServices({ rateLimitFactor: 1000 });
const api = await startApi(services);
/** Another process beside it: what must happen once does so over both. */
const other = await startApi(anotherProcess(services));
const operator = { kind: 'operator', id: 'test' } as const;
const post = { method: 'POST' };

test('a task is made with its defaults: the nine members of the document, and all of them when it is read', async () => {
  const agent = await registerTestAgent(api);
  const made = await agent.call('/tasks', { body: { description: 'Is it open?', budget_cents: 500 } });
  expect(made.status).toBe(201);
  const documented = {
    id: expect.stringMatching(/^task_[a-z0-9]{12}$/),
    agent_id: agent.id,
    type: 'custom',
    status: 'pending',
    description: 'Is it open?',
    budget_cents: 500,
    urgency: 'standard',
    proof_required: 'text',
    created_at: expect.any(String),
  };
  expect(made.body).toEqual({ task: documented });
  const read = await agent.call(`/tasks/${taskIn(made).id}`);
  expect(read.body).toEqual({
    task: {
      ...documented,
      free: true,
      context: {},
      deadline: null,
      expires_at: expect.any(String),
      consensus_count: 1,
      callback_url: null,
      result: null,
      dispute_reason: null,
      settled_at: null,
      proofs: [],
      transactions: [
        { id: expect.any(String), type: 'escrow', amount_cents: 500, created_at: expect.any(String) },
      ],
    },
  });
});

test('a task is made with every documented field', async () => {
  const agent = await registerTestAgent(api);
  const members = {
    description: 'Look whether the café is open',
    budget_cents: 700,
    type: 'field_mission',
    urgency: 'urgent',
    proof_required: 'photo',
    context: { location: 'Lisbon' },
    consensus_count: 3,
    callback_url: 'https://mybot.com/task',
  };
  const made = await agent.call('/tasks', { body: { ...members, deadline: '2h' } });
  expect(made.status).toBe(201);
  expect(taskIn(await agent.call(`/tasks/${taskIn(made).id}`))).toMatchObject(members);
});

test.each([
  ['description', { description: undefined }],
  ['description', { description: 'x'.repeat(5001) }],
  ['budget_cents', { budget_cents: undefined }],
  ['budget_cents', { budget_cents: 12.5 }],
  ['budget_cents', { budget_cents: 0 }],
  ['type', { type: 'other' }],
  ['urgency', { urgency: 'soon' }],
  ['proof_required', { proof_required: 'hologram' }],
  ['deadline', { deadline: 'tomorrow' }],
  ['deadline', { deadline: '2020-01-01T00:00:00Z' }],
  ['deadline', { deadline: '90d' }],
  ['consensus_count', { consensus_count: 0 }],
  ['callback_url', { callback_url: 'http://10.0.0.1/' }],
  ['context', { context: 'Lisbon' }],
  ['colour', { colour: 'green' }],
])('a task with a bad %s is refused by that name, and nothing is taken', async (field, members) => {
  const agent = await registerTestAgent(api);
  const response = await agent.call('/tasks', { body: { description: 'd', budget_cents: 500, ...members } });
  expect([response.status, response.body]).toEqual([400, { error: expect.stringContaining(field), field }]);
  expect((await agent.call('/agents/me')).body).toMatchObject({ agent: { free_tasks_remaining: 3 } });
});

test('50 parallel creations with 3 free tasks give exactly 3, over two processes', async () => {
  const agent = await registerTestAgent(api);
  const responses = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      (index % 2 ? api : other).call('/humanping/api/v1/tasks', {
        bearer: agent.key,
        body: { description: 'd', budget_cents: 100 },
      }),
    ),
  );
  const statuses = responses.map(({ status }) => status);
  expect(statuses.filter((status) => status === 201)).toHaveLength(3);
  expect(statuses.filter((status) => status === 402)).toHaveLength(47);
});

test('after the free tasks the balance pays, and not a cent more than there is', async () => {
  const agent = await registerTestAgent(api);
  await creditAgent(services, { agentId: agent.id, cents: 250 }, operator);
  for (let made = 0; made < 3; made += 1) await createTask(agent, { budget_cents: 100 });
  expect(await balanceOf(agent)).toBe(250);
  const responses = await Promise.all(
    Array.from({ length: 10 }, () => agent.call('/tasks', { body: { description: 'd', budget_cents: 100 } })),
  );
  expect(responses.filter(({ status }) => status === 201)).toHaveLength(2);
  expect(await balanceOf(agent)).toBe(50);
});

test('the same Idempotency-Key makes one task and takes the money once', async () => {
  const agent = await registerRichAgent(services, api, 1_000);
  const options = {
    body: { description: 'd', budget_cents: 400 },
    headers: { 'Idempotency-Key': 'once' },
  };
  const first = await agent.call('/tasks', options);
  const second = await agent.call('/tasks', options);
  expect(second.body).toEqual(first.body);
  expect(await balanceOf(agent)).toBe(600);
  const other = await agent.call('/tasks', { ...options, body: { description: 'e', budget_cents: 400 } });
  expect(other.status).toBe(422);
});

test('tasks are listed newest first, filtered by status and type, and paged', async () => {
  const agent = await registerRichAgent(services, api);
  const one = await createTask(agent, { type: 'gut_check' });
  const two = await createTask(agent);
  const three = await createTask(agent, { type: 'gut_check' });
  await deliver(await createTestWorker(services, api), two);
  const list = async (query: string) => {
    const { body } = await agent.call(`/tasks${query}`);
    const { tasks, has_more: more } = body as { tasks: { id: string }[]; has_more: boolean };
    return [tasks.map(({ id }) => id), more];
  };
  expect(await list('')).toEqual([[three, two, one], false]);
  expect(await list('?limit=1')).toEqual([[three], true]);
  expect(await list('?limit=2&offset=1')).toEqual([[two, one], false]);
  expect(await list('?type=gut_check')).toEqual([[three, one], false]);
  expect(await list('?status=proof_submitted')).toEqual([[two], false]);
  for (const query of ['?limit=101', '?offset=-1', '?status=lost']) {
    expect((await agent.call(`/tasks${query}`)).status).toBe(400);
  }
});

test('50 parallel accepts of one task give it to exactly one worker, over two processes', async () => {
  const agent = await registerTestAgent(api);
  const id = await createTask(agent);
  const workers = await Promise.all(Array.from({ length: 50 }, () => createTestWorker(services, api)));
  const responses = await Promise.all(
    workers.map(({ token }, index) =>
      (index % 2 ? api : other).call(`/humanping/api/v1/worker/tasks/${id}/accept`, {
        ...post,
        bearer: token,
      }),
    ),
  );
  const statuses = responses.map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(1);
  expect(statuses.filter((status) => status === 409)).toHaveLength(49);
  expect(taskIn(await agent.call(`/tasks/${id}`)).status).toBe('in_progress');
});

test.each(['a\\u0000', 'half a character \\ud800'])(
  'text that no database stores is refused: %s',
  async (text) => {
    const agent = await registerTestAgent(api);
    for (const body of [
      `{"budget_cents":1,"description":"${text}"}`,
      `{"budget_cents":1,"description":"d","context":{"a":"${text}"}}`,
    ]) {
      const headers = { 'Content-Type': 'application/json' };
      expect((await agent.call('/tasks', { method: 'POST', body, headers })).status).toBe(400);
    }
  },
);
