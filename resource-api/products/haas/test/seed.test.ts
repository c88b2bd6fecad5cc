/**
 * The authentication page of HaaS, retold: each promise of the document is one test. Requests are the ones that the
 * document shows, with only host, path prefix and credentials changed.
 */
import { startTestServers } from '../../../../scripts/testing/servers.js';
import { revokeApiKey } from '../../../../shared/identity/api-keys/api-key-changes.js';
import { rollApiKey } from '../../../../shared/identity/api-keys/api-key-rolling.js';
import { createApiKey } from '../../../../shared/identity/api-keys/api-keys.js';
import { listKeyCalls } from '../../../../shared/identity/api-keys/key-calls.js';
import { createOAuthClient } from '../../../../shared/identity/oauth/oauth-clients.js';
import { changePlan } from '../../../../shared/identity/people/plans.js';
import { FormBrowser, formTo } from '../../../../shared/testing/form-browser.js';
import { createTestUser, testPassword } from '../../../../shared/testing/people.js';
import { createTestServices } from '../../../../shared/testing/services.js';
import { callApi, makeKey } from '../../../testing/serve.js';
import { haas } from '../index.js';
import { errand, makeAccount, product } from '../testing/humans.js';

const { services, clock } = await createTestServices();
const { authUrl, apiUrl } = await startTestServers(services);
const base = `${apiUrl}/haas`;
const callback = 'https://your-app.example/callback';
const operator = { kind: 'operator', id: 'test' } as const;
const dayMs = 86_400_000;

const get = (path: string, bearer?: string) => callApi(base + path, { bearer });

/** A developer on the Pro plan with an app, and a human. */
async function makeParties() {
  const account = await makeAccount(services, 'pro');
  const human = await createTestUser(services, { human: true });
  const app = await createOAuthClient(
    services,
    { userId: account.id, product: product.id, name: 'Your App', redirectUris: [callback] },
    operator,
  );
  return { account, human, humanId: `usr_${human.id}`, app };
}

type Parties = Awaited<ReturnType<typeof makeParties>>;

/** The document's address, with its line breaks taken out and its spaces as a browser sends them. */
async function askForConsent({ app, human }: Parties, scope: string, decision: string) {
  const browser = new FormBrowser(authUrl);
  const address = `/authorize?client_id=${app.id}&redirect_uri=${callback}&response_type=code&scope=${scope}&state=random_csrf_token`;
  let page = await browser.follow(await browser.get(address.replaceAll(' ', '%20')));
  const credentials = { email: human.email, password: testPassword };
  page = await browser.follow(await browser.submit(formTo(page, '/signin'), credentials));
  const question = page.html;
  page = await browser.follow(await browser.submit(formTo(page, '/consent'), { decision }));
  return { question, answer: new URL(page.location ?? '').searchParams };
}

const post = async (body: Record<string, unknown>) => {
  const response = await fetch(`${authUrl}/token`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, string> };
};

async function obtainTokens(parties: Parties, scope: string) {
  const { answer: response } = await askForConsent(parties, scope, 'allow');
  return post({
    grant_type: 'authorization_code',
    code: response.get('code'),
    redirect_uri: callback,
    client_id: parties.app.id,
    client_secret: parties.app.secret,
  });
}

const refresh = ({ app }: Parties, refreshToken: string | undefined) =>
  post({
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    client_id: app.id,
    client_secret: app.secret,
  });

test('Authentication is required for all endpoints except the public health check', async () => {
  expect(await get('/v1/health')).toMatchObject({ status: 200, body: { status: 'ok' } });
  for (const { method, path } of haas.routes) {
    if (path === '/v1/health' || path === '/v1/auth/login') continue;
    const response = await callApi(base + path.replaceAll(/:\w+/g, 'x'), { method });
    expect([method, path, response.status]).toEqual([method, path, 401]);
    clock.advance(5_000);
  }
});

test('You can view and manage your API keys in the HaaS Dashboard', async () => {
  const developer = await createTestUser(services);
  const browser = new FormBrowser(authUrl);
  const credentials = { email: developer.email, password: testPassword };
  await browser.follow(await browser.submit(formTo(await browser.get('/signin'), '/signin'), credentials));
  const form = await browser.get('/console/keys/new?product=haas');
  const members = { name: 'From the dashboard', environment: 'test' };
  const shown = await browser.submit(formTo(form, '/console/keys/new'), members);
  const key = /\bhaas_test_sk_\w{42}\b/.exec(shown.html)?.[0] ?? '';
  expect((await get('/v1/humans/usr_maria_42/status', key)).status).toBe(200);
  const list = await browser.get('/console/keys?product=haas');
  expect(list.html).toContain('From the dashboard');
  expect(list.html).not.toContain(key);
});

test('Test Keys haas_test_: tasks are routed to simulated humans', async () => {
  const { account, humanId } = await makeParties();
  expect(account.testKey.startsWith('haas_test_')).toBe(true);
  const task = await callApi(`${base}/v1/tasks`, { bearer: account.testKey, body: errand });
  expect(task.status).toBe(201);
  const { human_id: id } = task.body as { human_id: string };
  expect(await get(`/v1/humans/${id}/profile`, account.testKey)).toMatchObject({ body: { simulated: true } });
  expect((await get(`/v1/humans/${humanId}/status`, account.testKey)).status).toBe(404);
});

test('Live Keys haas_live_: tasks are dispatched to real, breathing humans', async () => {
  const parties = await makeParties();
  await obtainTokens(parties, 'tasks:dispatch profile:read');
  const { account, humanId } = parties;
  expect(account.liveKey.startsWith('haas_live_')).toBe(true);
  const task = await callApi(`${base}/v1/tasks`, { bearer: account.liveKey, body: errand });
  expect(task).toMatchObject({ status: 201, body: { human_id: humanId } });
  expect(await get(`/v1/humans/${humanId}/profile`, account.liveKey)).toMatchObject({
    body: { simulated: false },
  });
  expect((await get('/v1/humans/usr_maria_42/status', account.liveKey)).status).toBe(404);
});

test("Example: Check a Human's Availability, the curl as it stands, with a test key", async () => {
  const { account } = await makeParties();
  const response = await fetch(`${base}/v1/humans/usr_maria_42/status`, {
    headers: { Authorization: `Bearer ${account.testKey}` },
  });
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({
    human_id: 'usr_maria_42',
    availability: { status: 'available', current_task: null, accepting_new_tasks: true },
  });
});

test('Before you can dispatch tasks to a specific human, they must grant your application access', async () => {
  const parties = await makeParties();
  const { account, humanId } = parties;
  const dispatch = () =>
    callApi(`${base}/v1/tasks`, { bearer: account.liveKey, body: { ...errand, human_id: humanId } });
  expect(await dispatch()).toMatchObject({ status: 403, body: { error: { type: 'consent_required' } } });
  await askForConsent(parties, 'tasks:dispatch', 'allow');
  expect((await dispatch()).status).toBe(201);
});

test('The human sees what permissions you are requesting. They may accept …', async () => {
  const { question, answer: response } = await askForConsent(
    await makeParties(),
    'tasks:dispatch status:read',
    'allow',
  );
  expect(question).toContain('Your App');
  for (const scope of ['tasks:dispatch', 'status:read']) expect(question).toContain(scope);
  expect(question).not.toContain('profile:read');
  expect([...response.keys()].sort()).toEqual(['code', 'iss', 'state']);
  expect(response.get('state')).toBe('random_csrf_token');
});

test('… deny …', async () => {
  const { answer: response } = await askForConsent(await makeParties(), 'tasks:dispatch status:read', 'deny');
  expect(Object.fromEntries(response)).toMatchObject({ error: 'access_denied', state: 'random_csrf_token' });
  expect(response.has('code')).toBe(false);
});

test('… or close the tab and forget about it entirely: nothing is granted', async () => {
  const { app, human, account, humanId } = await makeParties();
  const browser = new FormBrowser(authUrl);
  const address = `/authorize?client_id=${app.id}&redirect_uri=${callback}&response_type=code&scope=status:read`;
  const page = await browser.follow(await browser.get(address));
  await browser.follow(
    await browser.submit(formTo(page, '/signin'), { email: human.email, password: testPassword }),
  );
  expect((await get(`/v1/humans/${humanId}/status`, account.liveKey)).status).toBe(403);
});

test('Token Exchange Request and Response, whole', async () => {
  const parties = await makeParties();
  const { status, body } = await obtainTokens(parties, 'tasks:dispatch status:read');
  expect(status).toBe(200);
  expect(body).toEqual({
    access_token: expect.stringMatching(/^haas_at_/),
    token_type: 'Bearer',
    expires_in: 3600,
    refresh_token: expect.stringMatching(/^haas_rt_/),
    scope: 'tasks:dispatch status:read',
    human_id: parties.humanId,
  });
  expect(await get(`/v1/humans/${parties.humanId}/status`, body.access_token)).toMatchObject({
    status: 200,
    body: { human_id: parties.humanId },
  });
});

test.each([
  ['status:read', "View the human's current status, energy, mood, and availability", '/v1/humans/ID/status'],
  ['tasks:dispatch', 'Send tasks to the human for completion', 'POST /v1/tasks'],
  ['tasks:read', 'View task history and completion statistics', '/v1/humans/ID/tasks'],
  ['profile:read', 'Access human profile information (skills, preferences)', '/v1/humans/ID/profile'],
])('Available Scopes, %s: %s', async (scope, _words, route) => {
  const parties = await makeParties();
  const { body } = await obtainTokens(parties, scope);
  const routes = ['/v1/humans/ID/status', 'POST /v1/tasks', '/v1/humans/ID/tasks', '/v1/humans/ID/profile'];
  for (const candidate of routes) {
    const path = candidate.replace('POST ', '').replace('ID', parties.humanId);
    const bearer = body.access_token;
    const response = candidate.startsWith('POST')
      ? await callApi(base + path, { bearer, body: errand })
      : await get(path, bearer);
    expect([candidate, response.status < 400]).toEqual([candidate, candidate === route]);
    if (candidate !== route) expect(response.body).toMatchObject({ error: { type: 'insufficient_scope' } });
  }
});

test('Requesting * scope: a warning on the page, and in the answer the five names', async () => {
  const parties = await makeParties();
  const { question, answer: response } = await askForConsent(parties, '*', 'allow');
  expect(question).toContain('everything');
  const { body } = await post({
    grant_type: 'authorization_code',
    code: response.get('code'),
    redirect_uri: callback,
    client_id: parties.app.id,
    client_secret: parties.app.secret,
  });
  expect(body.scope?.split(' ').sort()).toEqual(Object.keys(product.oauth?.scopes ?? {}).sort());
});

test.each([
  ['free', 60, 5, 3],
  ['pro', 300, 25, 20],
  ['enterprise', 1000, 100, Number.POSITIVE_INFINITY],
] as const)(
  'Plan %s: %d requests a minute, %d concurrent tasks, %d humans',
  async (plan, requests, tasks, humans) => {
    const { testKey } = await makeAccount(services, plan);
    const response = await get('/v1/humans/usr_maria_42/status', testKey);
    expect(response.headers.get('x-ratelimit-limit')).toBe(String(requests));
    expect(product.plans[plan]).toMatchObject({ concurrentTasks: tasks, humans });
  },
);

test('Every response includes headers indicating your current rate limit status', async () => {
  const { account } = await makeParties();
  const first = await get('/v1/humans/usr_maria_42/status', account.testKey);
  const second = await get('/v1/tasks/task_unknown', account.testKey);
  const third = await get('/v1/nowhere', 'haas_live_sk_wrong');
  expect(first.headers.get('x-ratelimit-limit')).toBe('300');
  expect(first.headers.get('x-ratelimit-remaining')).toBe('299');
  expect(second.headers.get('x-ratelimit-remaining')).toBe('298');
  const reset = Number(first.headers.get('x-ratelimit-reset'));
  expect(Math.abs(reset - (clock.seconds() + 60))).toBeLessThanOrEqual(2);
  expect(third.headers.get('x-ratelimit-limit')).toBe('60');
});

test('When you exceed your rate limit, you will receive a 429: the documented body', async () => {
  const { testKey } = await makeAccount(services);
  const path = '/v1/humans/usr_maria_42/status';
  const passed = await Promise.all(Array.from({ length: 60 }, () => get(path, testKey)));
  expect(passed.every(({ status }) => status === 200)).toBe(true);
  clock.advance(28_000);
  const refused = await get(path, testKey);
  expect(refused.status).toBe(429);
  const { retry_after: seconds } = (refused.body as { error: { retry_after: number } }).error;
  expect(refused.body).toEqual({
    error: {
      code: 429,
      type: 'rate_limit_exceeded',
      message: 'Slow down. Even machines benefit from patience.',
      retry_after: seconds,
      suggestion: 'Consider batching requests or upgrading your plan.',
    },
  });
  expect(Object.keys((refused.body as { error: object }).error)).toEqual([
    'code',
    'type',
    'message',
    'retry_after',
    'suggestion',
  ]);
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(32);
  clock.advance(seconds * 1000);
  expect((await get(path, testKey)).status).toBe(200);
});

test('Rotate Keys Regularly: old keys can be revoked without downtime using key rolling', async () => {
  const { account } = await makeParties();
  const path = '/v1/humans/usr_maria_42/status';
  const { key } = await rollApiKey(services, { id: account.testKeyId }, {}, operator);
  expect([(await get(path, account.testKey)).status, (await get(path, key)).status]).toEqual([200, 200]);
  await revokeApiKey(services, { id: account.testKeyId }, operator);
  expect([(await get(path, account.testKey)).status, (await get(path, key)).status]).toEqual([401, 200]);
});

test('Audit Access Logs: review your API access logs regularly', async () => {
  const { account } = await makeParties();
  await get('/v1/humans/usr_maria_42/status', account.testKey);
  let calls = await listKeyCalls(services, account.testKeyId);
  for (const until = performance.now() + 10_000; calls.length === 0 && performance.now() < until; ) {
    calls = await listKeyCalls(services, account.testKeyId);
  }
  expect(calls).toMatchObject([{ method: 'GET', route: '/v1/humans/:id/status', status: 200 }]);
});

test('Restrict by IP: Enterprise plans support IP allowlisting', async () => {
  const { account } = await makeParties();
  const create = () =>
    createApiKey(
      services,
      { product, owner: { userId: account.id }, environment: 'test', ipAllowlist: ['203.0.113.0/24'] },
      operator,
    );
  await expect(create()).rejects.toMatchObject({
    code: 'plan_limit',
    message: 'An IP allowlist needs the Enterprise plan of HaaS; this account is on Pro.',
  });
  await changePlan(services, { accountId: account.id, product, plan: 'enterprise' }, operator);
  const { key } = await create();
  expect(await get('/v1/humans/usr_maria_42/status', key)).toMatchObject({
    status: 403,
    body: { error: { code: 403, type: 'address_not_allowed' } },
  });
});

test('Compromised key? Revoke it immediately, then apologize to any humans who received unexpected tasks', async () => {
  const { account } = await makeParties();
  const sent = await callApi(`${base}/v1/tasks`, { bearer: account.testKey, body: errand });
  await revokeApiKey(services, { id: account.testKeyId }, operator);
  expect((await get('/v1/tasks', account.testKey)).status).toBe(401);
  const { key } = await makeKey(services, product.id, account.id, { environment: 'test' });
  const apology = 'We are sorry. A key of ours was stolen, and this task was not from us.';
  const cancelled = await callApi(`${base}/v1/tasks/cancel`, {
    bearer: key,
    body: { key_id: account.testKeyId, message: apology },
  });
  expect(cancelled.body).toMatchObject({
    cancelled: 1,
    data: [{ id: (sent.body as { id: string }).id, status: 'cancelled', message: apology }],
  });
});

test('Human consent tokens expire after one hour; the refresh token brings a new one without asking again', async () => {
  const parties = await makeParties();
  const { body: first } = await obtainTokens(parties, 'tasks:dispatch status:read');
  const path = `/v1/humans/${parties.humanId}/status`;
  clock.advance(3_599_000 - 5_000);
  expect((await get(path, first.access_token)).status).toBe(200);
  clock.advance(10_000);
  expect(await get(path, first.access_token)).toMatchObject({
    status: 401,
    body: { error: { code: 401, type: 'invalid_token' } },
  });
  const { status, body: second } = await refresh(parties, first.refresh_token);
  expect(status).toBe(200);
  expect(Object.keys(second).sort()).toEqual(Object.keys(first).sort());
  expect((await get(path, second.access_token)).status).toBe(200);
});

test('Refresh tokens are valid for 30 days, counted anew with every use', async () => {
  const parties = await makeParties();
  let { body } = await obtainTokens(parties, 'status:read');
  for (let month = 0; month < 3; month += 1) {
    clock.advance(29 * dayMs);
    const renewed = await refresh(parties, body.refresh_token);
    expect(renewed.status).toBe(200);
    body = renewed.body;
  }
});

test('If a human has not interacted with your application in a month, they will need to re-authorize', async () => {
  const parties = await makeParties();
  const { body } = await obtainTokens(parties, 'status:read');
  clock.advance(31 * dayMs);
  expect(await refresh(parties, body.refresh_token)).toMatchObject({
    status: 400,
    body: { error: 'invalid_grant' },
  });
  const path = `/v1/humans/${parties.humanId}/status`;
  expect((await get(path, parties.account.liveKey)).status).toBe(403);
  await askForConsent(parties, 'status:read', 'allow');
  expect((await get(path, parties.account.liveKey)).status).toBe(200);
});
