/** Proofs: what they may be made of, and who reads them. */

import { createTestServices } from '../../../../shared/testing/services.js';
import { startApi } from '../../../testing/serve.js';
import { creditAgent } from '../domain/ledger.js';
import { createTask, createTestWorker, registerTestAgent, taskIn } from '../testing/tasks.js';

const { services } = await createTestServices({ rateLimitFactor: 1000 });
const api = await startApi(services);
const agent = await registerTestAgent(api);
await creditAgent(services, { agentId: agent.id, cents: 1_000_000 }, { kind: 'operator', id: 'test' });
const worker = await createTestWorker(services, api);
const post = { method: 'POST' };

const dataUrl = (type: string, bytes: number) =>
  `data:${type};base64,${Buffer.alloc(bytes, 7).toString('base64')}`;

/** A task that the worker has taken. */
async function takenTask(proof: string, by = worker): Promise<string> {
  const id = await createTask(agent, { proof_required: proof });
  await by.call(`/tasks/${id}/accept`, post);
  return id;
}

test.each([
  ['text', 'It is open until nine.'],
  ['photo', dataUrl('image/jpeg', 5 * 1024 * 1024)],
  ['audio', dataUrl('audio/mpeg', 1000)],
  ['audio', 'https://recordings.example/1.mp3'],
  ['video', dataUrl('video/mp4', 1001)],
])('a %s is handed in, and the agent reads all of it', async (type, content) => {
  const id = await takenTask(type);
  const handed = await worker.call(`/tasks/${id}/proof`, { body: { type, content } });
  expect(handed.status).toBe(201);
  expect(taskIn(handed)).toMatchObject({
    status: 'proof_submitted',
    assignment: { status: 'proof_submitted' },
  });
  const read = await agent.call(`/tasks/${id}/proof`);
  const proof = {
    id: expect.stringMatching(/^proof_/),
    worker_id: `worker_${worker.id}`,
    type,
    status: 'submitted',
    submitted_at: expect.any(String),
  };
  const [shown] = (read.body as { proofs: { content: string }[] }).proofs;
  expect(shown?.content === content).toBe(true);
  expect(read.body).toMatchObject({ task_id: id, proofs: [proof] });
  expect(taskIn(await agent.call(`/tasks/${id}`)).proofs).toEqual([
    { ...proof, content: type === 'text' ? content : null },
  ]);
});

test.each([
  ['photo', dataUrl('image/jpeg', 5 * 1024 * 1024 + 1), 400],
  ['photo', dataUrl('image/jpeg', 7_000_000), 413],
  ['photo', dataUrl('image/svg+xml', 100), 400],
  ['photo', dataUrl('text/html', 100), 400],
  ['photo', 'https://pictures.example/1.jpg', 400],
  ['photo', 'data:image/png;base64,', 400],
  ['photo', 'data:image/png;base64,not base64', 400],
  ['text', '   ', 400],
  ['audio', 'javascript:alert(1)', 400],
])('a %s that is none is refused, and the worker can try again (%#)', async (type, content, status) => {
  const id = await takenTask(type);
  const handed = await worker.call(`/tasks/${id}/proof`, { body: { type, content } });
  expect(handed.status).toBe(status);
  if (status === 400) expect(handed.body).toMatchObject({ field: 'content' });
  expect(taskIn(await worker.call(`/tasks/${id}`)).status).toBe('in_progress');
});

test('another kind of proof than the task asks for is refused', async () => {
  const id = await takenTask('photo');
  const handed = await worker.call(`/tasks/${id}/proof`, { body: { type: 'text', content: 'yes' } });
  expect([handed.status, handed.body]).toEqual([
    400,
    { error: 'type must be photo: that is the proof this task asks for', field: 'type' },
  ]);
});

test('a proof is handed in once, and only by who took the task', async () => {
  const id = await takenTask('text');
  const stranger = await createTestWorker(services, api);
  const body = { type: 'text', content: 'yes' };
  expect((await stranger.call(`/tasks/${id}/proof`, { body })).status).toBe(404);
  expect((await stranger.call(`/tasks/${id}`)).status).toBe(404);
  const responses = await Promise.all(
    Array.from({ length: 10 }, () => worker.call(`/tasks/${id}/proof`, { body })),
  );
  expect(responses.map(({ status }) => status).sort()).toEqual([201, ...Array(9).fill(409)]);
});

test('a worker sees their own tasks first and then what is open', async () => {
  const other = await createTestWorker(services, api);
  const mine = await takenTask('text', other);
  const open = await createTask(agent, { type: 'vibe_reader' });
  const list = async (query: string) => {
    const { tasks } = (await other.call(`/tasks${query}`)).body as { tasks: { id: string }[] };
    return tasks.map(({ id }) => id);
  };
  expect(await list('')).toEqual([mine, expect.anything(), ...(await list('?show=open')).slice(1)]);
  expect(await list('?show=own')).toEqual([mine]);
  expect(await list('?show=open&type=vibe_reader')).toEqual([open]);
  expect((await other.call('/tasks?limit=1&show=open')).body).toMatchObject({
    tasks: [{ reward_cents: 410, assignment: null }],
  });
});

test('nobody takes a task of their own agent', async () => {
  const same = await registerTestAgent(api);
  const id = await createTask(same);
  await services.db('users').where({ id: worker.id }).update({ email: same.email.toUpperCase() });
  const response = await worker.call(`/tasks/${id}/accept`, post);
  expect([response.status, response.body]).toEqual([403, { error: 'You cannot take your own task' }]);
  expect(taskIn(await same.call(`/tasks/${id}`)).status).toBe('pending');
});
