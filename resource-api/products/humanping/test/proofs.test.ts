/** Proofs: what they may be made of, and who reads them. */

import { createTestServices } from '../../../../shared/testing/services.js';
import { startApi } from '../../../testing/serve.js';
import { creditAgent } from '../domain/ledger.js';
import { createTask, createTestWorker, registerTestAgent, taskIn } from '../testing/tasks.js';

const { services, clock } = await createTestServices({ rateLimitFactor: 1000 });
const api = await startApi(services);
const agent = await registerTestAgent(api);
await creditAgent(services, { agentId: agent.id, cents: 1_000_000 }, { kind: 'operator', id: 'test' });
const worker = await createTestWorker(services, api);
const post = { method: 'POST' };

const fileStarts: Record<string, string> = {
  'image/jpeg': 'ffd8ffe000104a464946',
  'image/png': '89504e470d0a1a0a',
  'image/heic': '0000001866747970686569630000',
  'image/webp': '524946460000000057454250',
  'audio/mpeg': '494433040000',
  'audio/ogg': '4f67675300',
  'audio/mp4': '0000001866747970 4d344120'.replace(' ', ''),
  'video/mp4': '000000186674797069736f6d',
  'video/webm': '1a45dfa3',
};

/** A file of so many bytes that begins as one of its type does. */
const base64File = (type: string, bytes: number) => {
  const file = Buffer.alloc(bytes, 7);
  file.write(fileStarts[type] ?? '', 'hex');
  return file.toString('base64');
};

const dataUrl = (type: string, bytes: number) => `data:${type};base64,${base64File(type, bytes)}`;

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
  ['audio', 'audio/ogg; codecs=opus', 'audio/ogg'],
  ['audio', 'Audio/OGG;codecs="opus"', 'audio/ogg'],
  ['audio', 'audio/webm ; codecs = opus', 'video/webm'],
  ['audio', 'audio/x-m4a', 'audio/mp4'],
  ['audio', 'audio/mp3', 'audio/mpeg'],
  ['photo', 'image/jpg', 'image/jpeg'],
  ['photo', 'IMAGE/PNG;name=a.png;charset=binary', 'image/png'],
  ['photo', 'image/heic', 'image/heic'],
  ['photo', 'image/webp', 'image/webp'],
  ['video', 'video/mp4;codecs="avc1.42E01E, mp4a.40.2"', 'video/mp4'],
  ['video', 'video/webm;codecs=vp8,opus', 'video/webm'],
])('a %s with the media type %s of phones and browsers is taken', async (type, mediaType, file) => {
  const id = await takenTask(type);
  const content = `data:${mediaType};base64,${base64File(file, 99)}`;
  const handed = await worker.call(`/tasks/${id}/proof`, { body: { type, content } });
  expect([handed.status, handed.text]).toEqual([201, expect.anything()]);
});

test.each([
  ['photo', `data:image/png;base64,${Buffer.from('<html><script>alert(1)</script>').toString('base64')}`],
  [
    'photo',
    `data:image/jpeg;base64,${Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>').toString('base64')}`,
  ],
  ['photo', `data:image/jpeg;base64,${base64File('video/mp4', 99)}`],
  ['audio', `data:audio/mpeg;base64,${base64File('image/jpeg', 99)}`],
  ['video', `data:video/mp4;base64,${base64File('image/heic', 99)}`],
])(
  'content that is no %s by its first bytes is refused whatever it is called (%#)',
  async (type, content) => {
    const id = await takenTask(type);
    const handed = await worker.call(`/tasks/${id}/proof`, { body: { type, content } });
    expect([handed.status, handed.text]).toEqual([400, expect.stringContaining('of another kind')]);
  },
);

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
    Array.from({ length: 10 }, (_, index) =>
      worker.call(`/tasks/${id}/proof`, { body: { ...body, content: `answer ${index}` } }),
    ),
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

test('the same acceptance and the same proof fifty times at once read success and happen once', async () => {
  const id = await createTask(agent, { consensus_count: 3 });
  const worker = await createTestWorker(services, api);
  const fifty = <T>(act: () => Promise<T>) => Promise.all(Array.from({ length: 50 }, act));
  const accepted = await fifty(() => worker.call(`/tasks/${id}/accept`, post));
  expect(new Set(accepted.map(({ status }) => status))).toEqual(new Set([200]));
  expect(await services.db('bounties').where({ id }).first('places_taken')).toEqual({ places_taken: 1 });
  expect(await services.db('bounty_assignments').where({ bounty_id: id })).toHaveLength(1);

  const body = { type: 'text', content: 'yes' };
  const handed = await fifty(() => worker.call(`/tasks/${id}/proof`, { body }));
  expect(new Set(handed.map(({ status }) => status))).toEqual(new Set([201]));
  expect(await services.db('bounties').where({ id }).first('proofs_received')).toEqual({
    proofs_received: 1,
  });

  clock.advance(11_000);
  expect((await worker.call(`/tasks/${id}/proof`, { body })).status).toBe(409);
  expect((await worker.call(`/tasks/${id}/accept`, post)).status).toBe(409);
});
