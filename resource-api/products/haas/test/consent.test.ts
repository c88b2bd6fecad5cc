/** Humans cannot be allocated without their explicit agreement, and take it back whenever they like. */
import { disconnectApp, endGrants } from '../../../../shared/identity/oauth/grants.js';
import { runDueJobs } from '../../../../shared/testing/jobs.js';
import { createTestServices } from '../../../../shared/testing/services.js';
import { apiHandlers } from '../../../job-handlers.js';
import { startApi } from '../../../testing/serve.js';
import { consent, errand, makeAccount, makeHuman, makeTask, readTask } from '../testing/humans.js';

const { services, clock } = await createTestServices({ rateLimitFactor: 1_000 });
const api = await startApi(services);
const dayMs = 86_400_000;

test('without consent a live key is told which scope is missing, and how to ask', async () => {
  const [account, human] = [await makeAccount(services), await makeHuman(services)];
  await consent(services, account, human, ['status:read']);
  const response = await api.call('/haas/v1/tasks', {
    bearer: account.liveKey,
    body: { ...errand, human_id: human.humanId },
  });
  expect(response.status).toBe(403);
  expect(response.body).toEqual({
    error: {
      code: 403,
      type: 'consent_required',
      message:
        'This human has not given your app the scope tasks:dispatch. Send them to /authorize with it, and call again once they have allowed it.',
      required_scope: 'tasks:dispatch',
      request_id: expect.any(String),
    },
  });
});

test("another account's consent is worth nothing", async () => {
  const [account, stranger, human] = [
    await makeAccount(services),
    await makeAccount(services),
    await makeHuman(services),
  ];
  await consent(services, account, human);
  const path = `/haas/v1/humans/${human.humanId}/status`;
  expect((await api.call(path, { bearer: account.liveKey })).status).toBe(200);
  expect((await api.call(path, { bearer: stranger.liveKey })).status).toBe(403);
});

test('a token acts for its one human, within its scopes', async () => {
  const [account, human, another] = [
    await makeAccount(services),
    await makeHuman(services),
    await makeHuman(services),
  ];
  const { token } = await consent(services, account, human, ['tasks:dispatch', 'tasks:read']);
  await consent(services, account, another);
  const mine = await makeTask(api, token);
  expect(mine.human_id).toBe(human.humanId);
  const theirs = await makeTask(api, account.liveKey, { human_id: another.humanId });
  expect((await api.call(`/haas/v1/tasks/${theirs.id}`, { bearer: token })).status).toBe(404);
  const list = await api.call('/haas/v1/tasks', { bearer: token });
  expect((list.body as { data: { id: string }[] }).data.map(({ id }) => id)).toEqual([mine.id]);
  const body = { ...errand, human_id: another.humanId };
  expect((await api.call('/haas/v1/tasks', { bearer: token, body })).status).toBe(404);
  const status = await api.call(`/haas/v1/humans/${human.humanId}/status`, { bearer: token });
  expect(status.status).toBe(403);
  expect(status.body).toMatchObject({ error: { type: 'insufficient_scope' } });
});

test('a token of an app that nobody owns works like any other', async () => {
  const [account, human] = [await makeAccount(services), await makeHuman(services)];
  const { token, clientId } = await consent(services, account, human);
  await services.db('oauth_clients').where({ id: clientId }).update({ user_id: null });
  const status = await api.call(`/haas/v1/humans/${human.humanId}/status`, { bearer: token });
  expect([status.status, status.headers.get('x-ratelimit-limit')]).toEqual([200, '60000']);
  const { id } = await makeTask(api, token);
  expect((await readTask(api, token, id)).human_id).toBe(human.humanId);
  expect((await api.call(`/haas/v1/tasks/${id}`, { bearer: account.liveKey })).status).toBe(404);
});

test('auto-match for a live key looks among consenting humans only', async () => {
  const account = await makeAccount(services);
  await makeHuman(services);
  const none = await api.call('/haas/v1/tasks', { bearer: account.liveKey, body: errand });
  expect(none.body).toMatchObject({ error: { code: 403, type: 'consent_required' } });
  const human = await makeHuman(services);
  await consent(services, account, human);
  expect((await makeTask(api, account.liveKey)).human_id).toBe(human.humanId);
});

test.each(['on the page', 'by the API'])(
  'revoking consent %s cancels what waits, leaves what was accepted, and ends the token',
  async (where) => {
    const [account, human] = [await makeAccount(services), await makeHuman(services)];
    const { token, grantId, clientId } = await consent(services, account, human);
    const dispatch = () => makeTask(api, account.liveKey, { human_id: human.humanId });
    const [accepted, offered, queued] = [await dispatch(), await dispatch(), await dispatch()];
    await services.db('dispatched_tasks').where({ id: offered.id }).update({ status: 'offered' });
    await api.call(`/haas/v1/me/tasks/${accepted.id}/accept`, { bearer: human.jwt, method: 'POST' });

    if (where === 'by the API') {
      const path = `/haas/v1/me/grants/${grantId}`;
      expect((await api.call(path, { bearer: human.jwt, method: 'DELETE' })).status).toBe(204);
    } else {
      await disconnectApp(services, { userId: human.id, clientId }, { kind: 'person', id: human.id });
    }
    for (const { id } of [offered, queued]) {
      expect(await readTask(api, account.liveKey, id)).toMatchObject({
        status: 'cancelled',
        status_reason: 'consent_revoked',
      });
    }
    expect((await readTask(api, account.liveKey, accepted.id)).status).toBe('accepted');
    expect((await api.call('/haas/v1/tasks', { bearer: token })).status).toBe(401);
    const again = await api.call('/haas/v1/tasks', {
      bearer: account.liveKey,
      body: { ...errand, human_id: human.humanId },
    });
    expect(again.status).toBe(403);
  },
);

test('a task that is dispatched while consent is taken back never stays behind', async () => {
  const account = await makeAccount(services, 'enterprise');
  const human = await makeHuman(services);
  for (let round = 0; round < 10; round += 1) {
    const { grantId } = await consent(services, account, human);
    const body = { ...errand, human_id: human.humanId };
    const creations = Array.from({ length: 5 }, () =>
      api.call('/haas/v1/tasks', { bearer: account.liveKey, body }),
    );
    await endGrants(services, { id: grantId }, { kind: 'person', id: human.id });
    const responses = await Promise.all(creations);
    expect(responses.every(({ status }) => status === 201 || status === 403)).toBe(true);
    const waiting = await services.db('dispatched_tasks').where({ human_id: human.id, status: 'queued' });
    expect(waiting).toEqual([]);
  }
});

test('consent that was not used for a month has lapsed, and what waited under it goes', async () => {
  const [account, human] = [await makeAccount(services), await makeHuman(services)];
  await consent(services, account, human);
  const { id } = await makeTask(api, account.liveKey, { human_id: human.humanId });
  const path = `/haas/v1/humans/${human.humanId}/status`;
  clock.advance(20 * dayMs);
  expect((await api.call(path, { bearer: account.liveKey })).status).toBe(200);
  clock.advance(20 * dayMs);
  expect((await api.call(path, { bearer: account.liveKey })).status).toBe(200);
  clock.advance(31 * dayMs);
  expect((await api.call(path, { bearer: account.liveKey })).status).toBe(403);
  await services.db.raw("select graphile_worker.add_job('dispatch.sweep', '{}')");
  await runDueJobs(services, apiHandlers);
  expect(await readTask(api, account.liveKey, id)).toMatchObject({ status_reason: 'consent_lapsed' });
});
