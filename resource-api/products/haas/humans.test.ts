import { endGrants } from '../../../shared/identity/oauth/grants.js';
import { createTestServices } from '../../../shared/testing/services.js';
import { makeKey, makePerson, startApi } from '../../testing/serve.js';
import { makeAccessToken } from '../../testing/tokens.js';

const { services, clock } = await createTestServices();
const api = await startApi(services);
// Half past twelve in Madrid: how Maria is depends on the hour.
clock.advance(Date.UTC(2030, 0, 15, 11, 30) - clock.ms());

const developer = await makePerson(services);
const test_ = await makeKey(services, 'haas', developer.id, { environment: 'test' });
const live = await makeKey(services, 'haas', developer.id);
const status = (id: string) => `/haas/v1/humans/${id}/status`;

test('the health check is public and carries no limit headers', async () => {
  const response = await api.call('/haas/v1/health');
  expect(response.status).toBe(200);
  expect(response.body).toEqual({ status: 'ok' });
  expect(response.headers.get('x-ratelimit-limit')).toBeNull();
});

test('a test key sees the status of a simulated human, whole', async () => {
  const response = await api.call(status('usr_maria_42'), { bearer: test_.key });
  expect(response.status).toBe(200);
  expect(response.body).toEqual({
    human_id: 'usr_maria_42',
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    online: true,
    energy: {
      current: 0.73,
      trend: 'stable',
      last_meal: expect.any(String),
      last_caffeine: expect.any(String),
      sleep_quality_last_night: 0.82,
      hours_since_wake: 5.5,
    },
    mood: {
      primary: 'focused',
      valence: expect.any(Number),
      arousal: 0.5,
      stability: 0.8,
      recent_triggers: expect.any(Array),
    },
    cognitive: {
      focus_level: 0.78,
      working_memory_load: 0.35,
      decision_fatigue: 0.28,
      creative_capacity: 0.71,
    },
    physical: {
      location: { type: 'home_office', lat: 40.4168, lng: -3.7038 },
      posture: 'sitting',
      activity_level: 'light',
    },
    availability: { status: 'available', current_task: null, accepting_new_tasks: true },
    reliability_factors: { base_score: 0.94, current_modifier: 0, effective_score: 0.94 },
  });
});

test('a test key sees no real human and a live key no simulated one', async () => {
  const person = await makePerson(services, { human: true });
  expect((await api.call(status(`usr_${person.id}`), { bearer: test_.key })).status).toBe(404);
  expect((await api.call(status('usr_maria_42'), { bearer: live.key })).status).toBe(404);
});

test('a live key needs the consent of a human that exists', async () => {
  const person = await makePerson(services, { human: true });
  const response = await api.call(status(`usr_${person.id}`), { bearer: live.key });
  expect(response.status).toBe(403);
  expect(response.body).toMatchObject({
    error: { code: 403, type: 'consent_required', required_scope: 'status:read' },
  });
  expect((await api.call(status('usr_nobody_1'), { bearer: live.key })).status).toBe(404);
});

test('the free plan allows 60 calls a minute, and every answer says so', async () => {
  const owner = await makePerson(services);
  const { key } = await makeKey(services, 'haas', owner.id, { environment: 'test' });
  const first = await api.call(status('usr_maria_42'), { bearer: key });
  expect(first.headers.get('x-ratelimit-limit')).toBe('60');
  expect(first.headers.get('x-ratelimit-remaining')).toBe('59');
  const inAMinute = Math.ceil(services.clock.ms() / 1000) + 60;
  expect(Math.abs(Number(first.headers.get('x-ratelimit-reset')) - inAMinute)).toBeLessThanOrEqual(2);
  expect(first.headers.get('ratelimit-policy')).toBe('"requests";q=60;w=60');
});

test('a live key sees a human who gave an app of its account the scope, until they take it back', async () => {
  const person = await makePerson(services, { human: true });
  const consent = { productId: 'haas', ownerId: developer.id, personId: person.id };
  const look = async () => (await api.call(status(`usr_${person.id}`), { bearer: live.key })).status;
  const other = await makeAccessToken(services, { ...consent, scopes: ['tasks:read'] });
  expect(await look()).toBe(403);
  const { grantId } = await makeAccessToken(services, { ...consent, scopes: ['status:read'] });
  expect(await look()).toBe(200);
  const stranger = await makePerson(services);
  const { key } = await makeKey(services, 'haas', stranger.id);
  expect((await api.call(status(`usr_${person.id}`), { bearer: key })).status).toBe(403);
  const actor = { kind: 'person', id: person.id } as const;
  await endGrants(services, { id: grantId }, actor);
  expect(await look()).toBe(403);
  await endGrants(services, { id: other.grantId }, actor);
});

test('an access token sees its own human and nobody else', async () => {
  const person = await makePerson(services, { human: true });
  const { token } = await makeAccessToken(services, {
    productId: 'haas',
    ownerId: developer.id,
    personId: person.id,
    scopes: ['status:read'],
  });
  const own = await api.call(status(`usr_${person.id}`), { bearer: token });
  expect([own.status, own.body]).toMatchObject([200, { human_id: `usr_${person.id}`, online: false }]);
  const neighbour = await makePerson(services, { human: true });
  const foreign = await Promise.all(
    [`usr_${neighbour.id}`, 'usr_maria_42', 'usr_nobody', person.id].map((id) =>
      api.call(status(id), { bearer: token }),
    ),
  );
  expect(foreign.map((response) => response.status)).toEqual([404, 404, 404, 404]);
  const messages = foreign.map((response) => JSON.stringify(response.body).replace(/req_\w+/, ''));
  expect(new Set(messages).size).toBe(1);
});
