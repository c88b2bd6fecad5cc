/** A human at work: each deed has its time, and what came of it is told to those who may know. */
import { runDueJobs } from '../../../shared/testing/jobs.js';
import { createTestServices } from '../../../shared/testing/services.js';
import { apiHandlers } from '../../job-handlers.js';
import { startApi } from '../../testing/serve.js';
import { consent, errand, makeAccount, makeHuman, makeTask, readTask } from './testing/humans.js';

const { services, clock } = await createTestServices({ rateLimitFactor: 1_000 });
const api = await startApi(services);

async function makePair() {
  const [account, human] = [await makeAccount(services, 'pro'), await makeHuman(services)];
  return { account, human, ...(await consent(services, account, human)) };
}

type Pair = Awaited<ReturnType<typeof makePair>>;

const send = ({ account, human }: Pair) =>
  api.call('/haas/v1/tasks', { bearer: account.liveKey, body: { ...errand, human_id: human.humanId } });

test('a human sees their own tasks, without what the app keeps to itself', async () => {
  const pair = await makePair();
  const task = await makeTask(api, pair.account.liveKey, {
    human_id: pair.human.humanId,
    metadata: { margin: 40 },
  });
  const list = await api.call('/haas/v1/me/tasks?status=queued,offered', { bearer: pair.human.jwt });
  const { data } = list.body as { data: Record<string, unknown>[] };
  expect(data).toHaveLength(1);
  expect(data[0]).toMatchObject({ id: task.id, title: task.title });
  expect(list.text).not.toContain('margin');
  expect(data[0]).not.toHaveProperty('key_id');
  const stranger = await makeHuman(services);
  expect((await api.call('/haas/v1/me/tasks', { bearer: stranger.jwt })).body).toMatchObject({ data: [] });
  const theft = await api.call(`/haas/v1/me/tasks/${task.id}/accept`, {
    bearer: stranger.jwt,
    method: 'POST',
  });
  expect(theft.status).toBe(404);
});

test('every deed has its time, and what has ended stays as it is', async () => {
  const pair = await makePair();
  const { id } = (await send(pair)).body as { id: string };
  const act = async (deed: string, body: object = {}) =>
    (await api.call(`/haas/v1/me/tasks/${id}/${deed}`, { bearer: pair.human.jwt, body })).status;
  expect(await act('start')).toBe(409);
  expect(await act('submit', { result: 1 })).toBe(409);
  expect(await act('accept')).toBe(200);
  expect(await act('accept')).toBe(200);
  clock.advance(11_000);
  expect(await act('accept')).toBe(409);
  expect(await act('progress', { percent: 10 })).toBe(409);
  expect(await act('start')).toBe(200);
  expect(await act('progress', { percent: 101 })).toBe(400);
  expect(await act('submit', {})).toBe(400);
  expect(await act('pause')).toBe(200);
  expect(await act('submit', { result: 1 })).toBe(409);
  expect(await act('start')).toBe(409);
  expect(await act('resume')).toBe(200);
  expect(await act('submit', { result: { done: true } })).toBe(200);
  expect(await act('submit', { result: { done: true } })).toBe(200);
  expect(await act('submit', { result: { done: false } })).toBe(409);
  expect((await readTask(api, pair.account.liveKey, id)).status).toBe('submitted');
  await runDueJobs(services, apiHandlers);
  expect(await readTask(api, pair.account.liveKey, id)).toMatchObject({
    status: 'completed',
    result: { done: true },
  });
  for (const deed of ['accept', 'decline', 'start', 'pause', 'resume', 'fail']) {
    expect([deed, await act(deed)]).toEqual([deed, 409]);
  }
});

test('of fifty answers at once one counts', async () => {
  const pair = await makePair();
  const { id } = (await send(pair)).body as { id: string };
  const responses = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      api.call(`/haas/v1/me/tasks/${id}/${index % 2 === 0 ? 'accept' : 'decline'}`, {
        bearer: pair.human.jwt,
        method: 'POST',
      }),
    ),
  );
  const kept = responses
    .filter(({ status }) => status === 200)
    .map(({ body }) => (body as { status: string }).status);
  // Who has accepted may still decline; nobody accepts what was declined.
  expect([['declined'], ['accepted', 'declined']]).toContainEqual([...new Set(kept)].sort());
  expect(kept.filter((status) => status === 'declined')).toHaveLength(1);
});

test('the same acceptance fifty times at once reads success and is told once', async () => {
  const pair = await makePair();
  const { id } = (await send(pair)).body as { id: string };
  const path = `/haas/v1/me/tasks/${id}/accept`;
  const responses = await Promise.all(
    Array.from({ length: 50 }, () => api.call(path, { bearer: pair.human.jwt, method: 'POST' })),
  );
  expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
  expect(new Set(responses.map(({ text }) => text)).size).toBe(1);
});

test('history and statistics tell what came of the tasks for this account alone', async () => {
  const [pair, other] = [await makePair(), await makeAccount(services, 'pro')];
  await consent(services, other, pair.human);
  await makeTask(api, other.liveKey, { human_id: pair.human.humanId });
  const ids: string[] = [];
  for (let count = 0; count < 3; count += 1) ids.push(((await send(pair)).body as { id: string }).id);
  const act = (id: string | undefined, deed: string, body: object = {}) =>
    api.call(`/haas/v1/me/tasks/${id}/${deed}`, { bearer: pair.human.jwt, body });
  clock.advance(60_000);
  for (const id of ids.slice(0, 2)) await act(id, 'accept');
  await act(ids[0], 'start');
  const status = `/haas/v1/humans/${pair.human.humanId}/status`;
  expect((await api.call(status, { bearer: pair.account.liveKey })).body).toMatchObject({
    availability: { status: 'busy', current_task: ids[0], accepting_new_tasks: true },
  });
  expect((await api.call(status, { bearer: other.liveKey })).body).toMatchObject({
    availability: { status: 'busy', current_task: null },
  });
  clock.advance(240_000);
  await act(ids[0], 'submit', { result: 'done' });
  await act(ids[1], 'fail');
  await act(ids[2], 'decline');
  await runDueJobs(services, apiHandlers);
  const path = `/haas/v1/humans/${pair.human.humanId}/tasks?limit=2`;
  const response = await api.call(path, { bearer: pair.account.liveKey });
  expect(response.body).toMatchObject({
    human_id: pair.human.humanId,
    object: 'list',
    has_more: true,
    data: [{ id: ids[2] }, { id: ids[1] }],
    statistics: {
      total: 3,
      open: 0,
      completed: 1,
      failed: 1,
      expired: 0,
      declined: 1,
      cancelled: 0,
      completion_rate: 0.5,
    },
  });
  const { statistics } = response.body as { statistics: Record<string, number> };
  expect(statistics.average_accept_seconds).toBeGreaterThanOrEqual(60);
  expect(statistics.average_completion_seconds).toBeGreaterThanOrEqual(240);
});
