/**
 * The authentication page of HITL.sh, retold: each promise of the document is one test. Requests are the ones that
 * the document shows, with only host, path prefix and credential changed.
 */
import { startTestServers } from '../../../../scripts/testing/servers.js';
import {
  disableApiKey,
  enableApiKey,
  revokeApiKey,
} from '../../../../shared/identity/api-keys/api-key-changes.js';
import { remindKeyOwners } from '../../../../shared/identity/api-keys/api-key-reminders.js';
import { changePlan } from '../../../../shared/identity/people/plans.js';
import { getProduct } from '../../../../shared/products/index.js';
import { FormBrowser, formTo } from '../../../../shared/testing/form-browser.js';
import { createTestUser, getNewestMail, testPassword } from '../../../../shared/testing/people.js';
import { createTestServices } from '../../../../shared/testing/services.js';
import { makeKey } from '../../../testing/serve.js';

const { services, clock } = await createTestServices();
const { authUrl, apiUrl } = await startTestServers(services);
const base = `${apiUrl}/hitl/v1`;
const user = await createTestUser(services);
const actor = { kind: 'person', id: user.id } as const;
const { id: keyId, key } = await makeKey(services, 'hitl', user.id);
const hourMs = 3_600_000;

const json = { 'Content-Type': 'application/json' };
const get = (path: string, headers: Record<string, string>) => fetch(base + path, { headers });
const bearer = (value: string) => ({ Authorization: `Bearer ${value}` });
const newKey = async (permissions?: string[]) => makeKey(services, 'hitl', user.id, { permissions });
const told = async (response: Response) => [response.status, await response.json()];
const topOfTheNextHour = () => (Math.floor(clock.ms() / hourMs) + 1) * 3600;

test('Log in, Navigate to Settings → API Keys, Click “Create New API Key”, Copy the generated key (shown only once)', async () => {
  const browser = new FormBrowser(authUrl);
  const page = await browser.get('/signin');
  await browser.follow(
    await browser.submit(formTo(page, '/signin'), { email: user.email, password: testPassword }),
  );
  const form = await browser.get('/console/keys/new?product=hitl');
  const shown = await browser.submit(formTo(form, '/console/keys/new'), {
    name: 'From the console',
    environment: 'live',
  });
  const made = /\bhitl_live_[0-9a-f]{48}\b/.exec(shown.html)?.[0] ?? '';
  expect((await get('/api/loops', bearer(made))).status).toBe(200);
  expect((await browser.get('/console/keys?product=hitl')).html).not.toContain(made);
});

test('Include your API key in the header with the Bearer prefix: the curl of the page is answered 200', async () => {
  const response = await get('/api/loops', { ...bearer(key), ...json });
  expect(await told(response)).toEqual([
    200,
    { error: false, msg: 'Loops retrieved successfully', data: { loops: [], count: 0 } },
  ]);
});

test('Always use HTTPS and proper security headers: User-Agent and Accept change nothing', async () => {
  const headers = { ...bearer(key), ...json, 'User-Agent': 'YourApp/1.0.0', Accept: 'application/json' };
  expect((await get('/api/loops', headers)).status).toBe(200);
});

test('Use the dedicated test endpoint to verify your API key: exactly the documented answer', async () => {
  const { id, key: fresh } = await newKey();
  const response = await get('/test', bearer(fresh));
  const resetAt = new Date(topOfTheNextHour() * 1000).toISOString().replace('.000Z', 'Z');
  expect(await told(response)).toEqual([
    200,
    {
      error: false,
      msg: 'API key is valid',
      data: {
        api_key_id: id,
        user_id: user.id,
        email: user.email,
        account_status: 'active',
        rate_limit: { limit: 100, remaining: 99, reset_at: resetAt },
        permissions: ['loops:read', 'loops:write', 'requests:read', 'requests:write'],
      },
    },
  ]);
  for (const value of [id, user.id]) expect(value).toMatch(/^[0-9a-f]{24}$/);
});

test('Expected response for invalid key', async () => {
  const response = await get('/test', bearer('your_api_key_here'));
  expect(await told(response)).toEqual([401, { error: true, msg: 'Invalid API key' }]);
});

test('Missing Authorization header', async () => {
  const body = { error: true, msg: 'Missing Authorization header' };
  expect(await told(await get('/api/loops', json))).toEqual([401, body]);
  expect(await told(await get('/api/loops', { Authorization: '' }))).toEqual([401, body]);
});

test.each(['your_api_key_here', 'Basic dXNlcjpwYXNz', 'Bearer', 'Bearer a b', 'BearerX'])(
  'Ensure header starts with “Bearer ” (with a space after it): %s',
  async (value) => {
    const body = { error: true, msg: "Invalid Authorization header format. Use 'Bearer <api_key>'" };
    expect(await told(await get('/api/loops', { Authorization: value }))).toEqual([401, body]);
  },
);

test('Don’t use quotes around the API key value', async () => {
  expect(await told(await get('/api/loops', bearer(`"${key}"`)))).toEqual([
    401,
    { error: true, msg: 'Invalid API key' },
  ]);
});

test('Check if key has been revoked or deleted; ensure you’re not using an old/expired key', async () => {
  const revoked = await newKey();
  await revokeApiKey(services, { id: revoked.id, accountId: user.id }, actor);
  const expiresAt = new Date(clock.ms() + 60_000);
  const expiring = await makeKey(services, 'hitl', user.id, { expiresAt });
  expect((await get('/test', bearer(expiring.key))).status).toBe(200);
  clock.advance(61_000);
  for (const dead of [revoked, expiring]) {
    expect(await told(await get('/test', bearer(dead.key)))).toEqual([
      401,
      { error: true, msg: 'Invalid API key' },
    ]);
  }
});

test('API key is inactive: reactivate the key if it was disabled', async () => {
  const { id, key: value } = await newKey();
  await disableApiKey(services, { id, accountId: user.id }, actor);
  expect(await told(await get('/test', bearer(value)))).toEqual([
    401,
    { error: true, msg: 'API key is inactive' },
  ]);
  await enableApiKey(services, { id, accountId: user.id }, actor);
  expect((await get('/test', bearer(value))).status).toBe(200);
});

test('Development keys with limited permissions: Access denied to this resource', async () => {
  const { key: narrow } = await newKey(['loops:read']);
  const response = await fetch(`${base}/api/loops`, {
    method: 'POST',
    headers: { ...bearer(narrow), ...json },
    body: JSON.stringify({ name: 'x' }),
  });
  expect(await told(response)).toEqual([403, { error: true, msg: 'Access denied to this resource' }]);
  const { data } = (await (await get('/test', bearer(narrow))).json()) as { data: { permissions: string[] } };
  expect(data.permissions).toEqual(['loops:read']);
});

test('Rate limit headers included in all responses; X-RateLimit-Reset shows exact UTC timestamp of next reset', async () => {
  const { key: fresh } = await newKey();
  const responses = [
    await get('/test', bearer(fresh)),
    await get('/api/loops/none', bearer(fresh)),
    await get('/nowhere', bearer(fresh)),
    await get('/test', {}),
  ];
  expect(responses.map(({ status }) => status)).toEqual([200, 404, 404, 401]);
  for (const { headers } of responses) {
    expect(headers.get('x-ratelimit-limit')).toBe('100');
    expect(headers.get('x-ratelimit-remaining')).toMatch(/^\d+$/);
    expect(headers.get('x-ratelimit-reset')).toBe(String(topOfTheNextHour()));
  }
});

test('100 requests per hour per API key; resets at the top of each hour', async () => {
  const { key: fresh } = await newKey();
  const other = await newKey();
  const responses = await Promise.all(Array.from({ length: 100 }, () => get('/test', bearer(fresh))));
  expect(responses.every(({ status }) => status === 200)).toBe(true);
  const refused = await get('/test', bearer(fresh));
  expect(refused.headers.get('x-ratelimit-remaining')).toBe('0');
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await told(refused)).toEqual([
    429,
    {
      error: true,
      msg: 'API rate limit exceeded',
      data: { usage_count: 100, usage_limit: 100, remaining: 0 },
    },
  ]);
  expect((await get('/test', bearer(other.key))).status).toBe(200);
  clock.advance(topOfTheNextHour() * 1000 - clock.ms());
  expect((await get('/test', bearer(fresh))).status).toBe(200);
});

test('Upgrade to higher tier if needed: the limit, its headers and the test endpoint follow the plan', async () => {
  const owner = await createTestUser(services);
  const { key: value } = await makeKey(services, 'hitl', owner.id);
  expect((await get('/test', bearer(value))).headers.get('x-ratelimit-limit')).toBe('100');
  const upgrade = { accountId: owner.id, product: getProduct('hitl'), plan: 'pro' };
  await changePlan(services, upgrade, { kind: 'person', id: owner.id });
  const response = await get('/test', bearer(value));
  expect(response.headers.get('x-ratelimit-limit')).toBe('1000');
  const { data } = (await response.json()) as { data: { rate_limit: object } };
  expect(data.rate_limit).toMatchObject({ limit: 1000, remaining: 998 });
});

test('Set up automatic rotation (recommended: every 90 days); have a backup key ready before rotating', async () => {
  const owner = await createTestUser(services);
  const { key: old } = await makeKey(services, 'hitl', owner.id);
  clock.advance(90 * 24 * hourMs);
  await remindKeyOwners(services);
  expect((await getNewestMail(services, owner.email)).text).toContain('90 days old');
  const rotated = await fetch(`${apiUrl}/hitl/key/rotate`, { method: 'POST', headers: bearer(old) });
  const successor = /hitl_live_[0-9a-f]{48}/.exec(await rotated.text())?.[0] ?? '';
  for (const value of [old, successor]) expect((await get('/test', bearer(value))).status).toBe(200);
});

test('Each key is good for its product alone', async () => {
  const { key: foreign } = await makeKey(services, 'openhuman', user.id);
  expect(await told(await get('/test', bearer(foreign)))).toEqual([
    401,
    { error: true, msg: 'Invalid API key' },
  ]);
  expect(keyId).toMatch(/^[0-9a-f]{24}$/);
});
