import { eraseUser } from '../../../../shared/identity/erasure.js';
import { runDueJobs } from '../../../../shared/testing/jobs.js';
import { createTestUser } from '../../../../shared/testing/people.js';
import { createTestServices } from '../../../../shared/testing/services.js';
import { erasureHandlers } from '../../../account-erasure.js';
import { makeKey, startApi } from '../../../testing/serve.js';
import { approval, signInTo } from '../testing/reviewers.js';

const { services, clock } = await createTestServices({ rateLimitFactor: 1000 });
const api = await startApi(services);

interface Data {
  loop: { id: string; member_count: number };
  invite_code: string;
  request_id: string;
  request: { response_data: unknown; broadcasted_to: unknown[] };
}
const call = async (path: string, bearer: string, body?: unknown) =>
  (await api.call(`/hitl/v1/api${path}`, { bearer, body })) as { status: number; body: { data: Data } };

async function makeScene() {
  const [creator, reviewer] = [await createTestUser(services), await createTestUser(services)];
  const { key } = await makeKey(services, 'hitl', creator.id);
  const { loop, invite_code: code } = (await call('/loops', key, { name: 'A' })).body.data;
  const jwt = await signInTo(api, reviewer.email);
  await call('/loops/join', jwt, { invite_code: code });
  const { request_id: request } = (await call(`/loops/${loop.id}/requests`, key, approval)).body.data;
  await call(`/requests/${request}/respond`, jwt, { response_data: 'approve' });
  return { creator, reviewer, key, jwt, loop: loop.id, request };
}

async function erase(id: string) {
  await eraseUser(services, id, { kind: 'person', id });
  clock.advance(100_000);
  await runDueJobs(services, erasureHandlers);
}

test('a reviewer who is erased leaves the loops; what they answered stays, under an id that means nobody', async () => {
  const { reviewer, key, loop, request } = await makeScene();
  await erase(reviewer.id);
  expect((await call(`/loops/${loop}`, key)).body.data.loop.member_count).toBe(1);
  const { data } = (await call(`/requests/${request}`, key)).body;
  expect(data.request.response_data).toBe('approve');
  expect(JSON.stringify(data)).not.toContain(reviewer.email);
});

test('the loops of a creator who is erased are gone with all that was asked in them', async () => {
  const { creator, jwt, loop, request } = await makeScene();
  await erase(creator.id);
  expect((await call(`/loops/${loop}`, jwt)).status).toBe(404);
  expect((await call(`/requests/${request}`, jwt)).status).toBe(404);
});
