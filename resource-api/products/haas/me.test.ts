/** A human at work: signs in, says who they are and when they are there, takes tasks, and lets apps go. */
import { request } from 'node:http';
import { runDueJobs } from '../../../shared/testing/jobs.js';
import { createTestUser, testPassword } from '../../../shared/testing/people.js';
import { createTestServices } from '../../../shared/testing/services.js';
import { apiHandlers } from '../../job-handlers.js';
import { startApi } from '../../testing/serve.js';
import { consent, errand, makeAccount, makeHuman, makeTask, readTask } from './testing.js';

const { services, clock } = await createTestServices({ rateLimitFactor: 1_000 });
const api = await startApi(services);

async function makePair() {
  const [account, human] = [await makeAccount(services, 'pro'), await makeHuman(services)];
  return { account, human, ...(await consent(services, account, human)) };
}

type Pair = Awaited<ReturnType<typeof makePair>>;

const change = ({ human }: Pick<Pair, 'human'>, body: object) =>
  api.call('/haas/v1/me', { bearer: human.jwt, method: 'PATCH', body });
const send = ({ account, human }: Pair, members: object = {}) =>
  api.call('/haas/v1/tasks', {
    bearer: account.liveKey,
    body: { ...errand, human_id: human.humanId, ...members },
  });

test('a human signs in by password, for seven days and for this product alone', async () => {
  const user = await createTestUser(services, { human: true });
  const login = (password: string) =>
    api.call('/haas/v1/auth/login', { body: { email: user.email, password } });
  const answer = await login(testPassword);
  expect(answer.body).toEqual({
    token: expect.stringMatching(/^eyJ/),
    token_type: 'Bearer',
    expires_in: 604_800,
    human: { human_id: `usr_${user.id}`, display_name: 'Ada' },
  });
  const { token } = answer.body as { token: string };
  expect((await api.call('/haas/v1/me', { bearer: token })).status).toBe(200);
  expect((await api.call('/haas/v1/tasks', { bearer: token })).status).toBe(401);
  const wrong = await login('wrong');
  expect([wrong.status, wrong.body]).toMatchObject([
    401,
    { error: { code: 401, type: 'invalid_password', message: 'Invalid email or password.' } },
  ]);
});

test('someone who takes no tasks is told so', async () => {
  const user = await createTestUser(services);
  const body = { email: user.email, password: testPassword };
  expect((await api.call('/haas/v1/auth/login', { body })).status).toBe(403);
});

test('profile, skills, quiet hours and time zone are theirs to change, and apps with the scope read them', async () => {
  const pair = await makePair();
  const answer = await change(pair, {
    display_name: 'Ada L.',
    bio: 'Counts things.',
    skills: ['counting', 'French'],
    quiet_hours: { from: '22:00', to: '07:30' },
    time_zone: 'Europe/Paris',
  });
  expect(answer.body).toEqual({
    human_id: pair.human.humanId,
    display_name: 'Ada L.',
    bio: 'Counts things.',
    skills: ['counting', 'French'],
    takes_tasks: true,
    availability: { status: 'available', until: null },
    quiet_hours: { from: '22:00', to: '07:30' },
    time_zone: 'Europe/Paris',
  });
  expect((await api.call('/haas/v1/me', { bearer: pair.human.jwt })).body).toEqual(answer.body);
  const path = `/haas/v1/humans/${pair.human.humanId}/profile`;
  expect((await api.call(path, { bearer: pair.account.liveKey })).body).toEqual({
    human_id: pair.human.humanId,
    display_name: 'Ada L.',
    bio: 'Counts things.',
    skills: ['counting', 'French'],
    preferences: {
      accepting_new_tasks: true,
      quiet_hours: { from: '22:00', to: '07:30' },
      time_zone: 'Europe/Paris',
    },
    simulated: false,
  });
  for (const [members, field] of [
    [{ time_zone: 'Mars/Base' }, 'time_zone'],
    [{ quiet_hours: { from: '25:00', to: '07:00' } }, 'quiet_hours.from'],
    [{ skills: Array.from({ length: 51 }, (_, index) => `s${index}`) }, 'skills'],
  ] as const) {
    expect((await change(pair, members)).body).toMatchObject({ error: { code: 400, field } });
  }
});

test.each([
  [{ status: 'unavailable' }, 503, 'not_accepting_tasks', 'unavailable'],
  ['tea', 418, 'tea', 'making_tea'],
  ['break', 420, 'break', 'on_break'],
])('who says %j is sent nothing, and apps are told why', async (availability, code, reason, word) => {
  const pair = await makePair();
  expect((await change(pair, { availability })).status).toBe(200);
  const refused = await send(pair);
  expect(refused.status).toBe(code);
  expect(refused.body).toMatchObject({
    error: { code, details: { human_id: pair.human.humanId, reason } },
  });
  const path = `/haas/v1/humans/${pair.human.humanId}/status`;
  expect((await api.call(path, { bearer: pair.account.liveKey })).body).toMatchObject({
    availability: { status: word, accepting_new_tasks: false },
  });
  await change(pair, { availability: 'available' });
  expect((await send(pair)).status).toBe(201);
});

test('a human who takes no tasks any more hands theirs back and is hidden from apps, until they do again', async () => {
  const pair = await makePair();
  const [waiting, begun] = [(await send(pair)).body, (await send(pair)).body] as { id: string }[];
  for (const deed of ['accept', 'start']) {
    await api.call(`/haas/v1/me/tasks/${begun?.id}/${deed}`, { bearer: pair.human.jwt, method: 'POST' });
  }
  await change(pair, { takes_tasks: false });
  await runDueJobs(services, apiHandlers);
  for (const [task, status] of [
    [waiting, 'declined'],
    [begun, 'failed'],
  ] as const) {
    const read = await readTask(api, pair.account.liveKey, task?.id ?? '');
    expect(read).toMatchObject({ status, status_reason: 'human_stopped' });
  }
  const profile = () =>
    api.call(`/haas/v1/humans/${pair.human.humanId}/profile`, { bearer: pair.account.liveKey });
  expect([(await profile()).status, (await send(pair)).status]).toEqual([404, 503]);
  await change(pair, { takes_tasks: true });
  expect([(await profile()).status, (await send(pair)).status]).toEqual([200, 201]);
});

test('in quiet hours a task waits, and is offered when they are over', async () => {
  const pair = await makePair();
  const hhmm = (ms: number) => new Date(ms).toISOString().slice(11, 16);
  await change(pair, {
    quiet_hours: { from: hhmm(clock.ms() - 3_600_000), to: hhmm(clock.ms() + 3_600_000) },
  });
  const { id } = (await send(pair)).body as { id: string };
  const status = async () => {
    await runDueJobs(services, apiHandlers);
    return (await readTask(api, pair.account.liveKey, id)).status;
  };
  expect(await status()).toBe('queued');
  clock.advance(1_800_000);
  expect(await status()).toBe('queued');
  clock.advance(1_860_000);
  expect(await status()).toBe('offered');
});

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
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      api.call(`/haas/v1/me/tasks/${id}/${index % 2 === 0 ? 'accept' : 'decline'}`, {
        bearer: pair.human.jwt,
        method: 'POST',
      }),
    ),
  );
  const kept = answers
    .filter(({ status }) => status === 200)
    .map(({ body }) => (body as { status: string }).status);
  // Who has accepted may still decline; nobody accepts what was declined.
  expect([['declined'], ['accepted', 'declined']]).toContainEqual([...kept].sort());
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
  const answer = await api.call(path, { bearer: pair.account.liveKey });
  expect(answer.body).toMatchObject({
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
  const { statistics } = answer.body as { statistics: Record<string, number> };
  expect(statistics.average_accept_seconds).toBeGreaterThanOrEqual(60);
  expect(statistics.average_completion_seconds).toBeGreaterThanOrEqual(240);
});

test('the apps that they let in are theirs to see and to send away', async () => {
  const pair = await makePair();
  const list = async () => (await api.call('/haas/v1/me/grants', { bearer: pair.human.jwt })).body;
  expect(await list()).toEqual({
    object: 'list',
    data: [
      {
        id: pair.grantId,
        app: { client_id: pair.clientId, name: 'App', verified_host: null },
        scopes: expect.arrayContaining(['tasks:dispatch']),
        granted_at: expect.any(String),
        last_used_at: expect.any(String),
        expires_at: expect.any(String),
      },
    ],
    has_more: false,
  });
  const stranger = await makeHuman(services);
  const path = `/haas/v1/me/grants/${pair.grantId}`;
  expect((await api.call(path, { bearer: stranger.jwt, method: 'DELETE' })).status).toBe(404);
  expect((await api.call(path, { bearer: pair.human.jwt, method: 'DELETE' })).status).toBe(204);
  expect(await list()).toMatchObject({ data: [] });
});

describe('who is available', () => {
  const search = { task_type: 'physical', skills_preferred: ['translation'], min_reliability_score: 0.5 };

  /** fetch sends no body with a GET, and the documentation's curl does. */
  const getWithBody = (bearer: string, body: object) =>
    new Promise<unknown>((resolve, reject) => {
      const text = JSON.stringify(body);
      const headers = {
        Authorization: `Bearer ${bearer}`,
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(text),
      };
      const call = request(`${api.url}/haas/v1/humans/available`, { method: 'GET', headers }, (response) => {
        response.setEncoding('utf8');
        let answer = '';
        response.on('data', (part: string) => {
          answer += part;
        });
        response.on('end', () => resolve(JSON.parse(answer)));
      });
      call.on('error', reject);
      call.end(text);
    });

  test('is asked by GET with a body, by POST, and by query, with one answer', async () => {
    const { testKey } = await makeAccount(services);
    const posted = await api.call('/haas/v1/humans/available', { bearer: testKey, body: search });
    expect(posted.body).toMatchObject({
      available_humans: expect.arrayContaining([
        {
          human_id: 'usr_maria_42',
          display_name: 'Maria',
          reliability_score: 0.94,
          current_energy: expect.any(Number),
          mood: 'focused',
          skills: expect.arrayContaining(['photography']),
          estimated_response_time: '1m',
          bio: expect.any(String),
        },
      ]),
      total_available: expect.any(Number),
      recommendation: 'usr_priya_26',
    });
    expect(await getWithBody(testKey, search)).toEqual(posted.body);
    const query = 'task_type=physical&skills_preferred=translation&min_reliability_score=0.5';
    expect((await api.call(`/haas/v1/humans/available?${query}`, { bearer: testKey })).body).toEqual(
      posted.body,
    );
    const near = { ...search, location: { lat: 40.41, lng: -3.7, radius_km: 20 } };
    expect((await api.call('/haas/v1/humans/available', { bearer: testKey, body: near })).body).toMatchObject(
      {
        total_available: 1,
        recommendation: 'usr_maria_42',
      },
    );
  });

  test('a live key sees consenting humans, and of those without a shown profile no skills', async () => {
    const [account, shown, plain] = [
      await makeAccount(services, 'pro'),
      await makeHuman(services),
      await makeHuman(services),
    ];
    await makeHuman(services);
    await consent(services, account, shown, ['status:read', 'profile:read']);
    await consent(services, account, plain, ['status:read']);
    for (const human of [shown, plain]) await change({ human }, { skills: ['singing'], bio: 'Sings.' });
    const answer = await api.call('/haas/v1/humans/available', { bearer: account.liveKey });
    const humans = (answer.body as { available_humans: { human_id: string }[] }).available_humans;
    expect(humans).toHaveLength(2);
    expect(humans).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ human_id: shown.humanId, skills: ['singing'], bio: 'Sings.' }),
        expect.objectContaining({ human_id: plain.humanId, skills: [], bio: null }),
      ]),
    );
  });
});
