/** A human for themselves: signs in, says who they are and when they are there, and lets apps go. */
import { runDueJobs } from '../../../shared/testing/jobs.js';
import { createTestUser, testPassword } from '../../../shared/testing/people.js';
import { createTestServices } from '../../../shared/testing/services.js';
import { apiHandlers } from '../../job-handlers.js';
import { startApi } from '../../testing/serve.js';
import { consent, errand, makeAccount, makeHuman, readTask } from './testing/humans.js';

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
  const response = await login(testPassword);
  expect(response.body).toEqual({
    token: expect.stringMatching(/^eyJ/),
    token_type: 'Bearer',
    expires_in: 604_800,
    human: { human_id: `usr_${user.id}`, display_name: 'Ada' },
  });
  const { token } = response.body as { token: string };
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
  const response = await change(pair, {
    display_name: 'Ada L.',
    bio: 'Counts things.',
    skills: ['counting', 'French'],
    quiet_hours: { from: '22:00', to: '07:30' },
    time_zone: 'Europe/Paris',
  });
  expect(response.body).toEqual({
    human_id: pair.human.humanId,
    display_name: 'Ada L.',
    bio: 'Counts things.',
    skills: ['counting', 'French'],
    takes_tasks: true,
    availability: { status: 'available', until: null },
    quiet_hours: { from: '22:00', to: '07:30' },
    time_zone: 'Europe/Paris',
  });
  expect((await api.call('/haas/v1/me', { bearer: pair.human.jwt })).body).toEqual(response.body);
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
