/** Who is available: the documented search, however it is sent. */
import { request } from 'node:http';
import { createTestServices } from '../../../shared/testing/services.js';
import { startApi } from '../../testing/serve.js';
import { consent, makeAccount, makeHuman } from './testing/humans.js';

const { services } = await createTestServices({ rateLimitFactor: 1_000 });
const api = await startApi(services);

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

test('who is available is asked by GET with a body, by POST, and by query, with one answer', async () => {
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
  expect((await api.call('/haas/v1/humans/available', { bearer: testKey, body: near })).body).toMatchObject({
    total_available: 1,
    recommendation: 'usr_maria_42',
  });
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
  for (const human of [shown, plain]) {
    const body = { skills: ['singing'], bio: 'Sings.' };
    await api.call('/haas/v1/me', { bearer: human.jwt, method: 'PATCH', body });
  }
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
