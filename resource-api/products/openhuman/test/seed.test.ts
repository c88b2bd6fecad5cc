/**
 * The authentication page of OpenHuman, retold: each promise of the document is one test. Requests are the ones that
 * the document shows, with only host, path prefix and credentials changed.
 */

import { startTestServers } from '../../../../scripts/testing/servers.js';
import { createApiKey } from '../../../../shared/identity/api-keys/api-keys.js';
import { createOAuthClient } from '../../../../shared/identity/oauth/oauth-clients.js';
import { createUser } from '../../../../shared/identity/people/users.js';
import { getProduct } from '../../../../shared/products/index.js';
import { FormBrowser, formTo } from '../../../../shared/testing/form-browser.js';
import { createTestServices } from '../../../../shared/testing/services.js';

const { services } = await createTestServices();
const { authUrl, apiUrl } = await startTestServers(services);
const base = `${apiUrl}/openhuman`;
const redirectUri = 'https://your-app.example/callback';

const password = 'a long enough password';
const developer = await createUser(services, {
  email: 'dev@example.com',
  name: 'Dev',
  password,
  verified: true,
});
const user = await createUser(services, {
  email: 'user@example.com',
  name: 'User',
  password,
  verified: true,
});
const actor = { kind: 'person', id: developer.id } as const;
const { key } = await createApiKey(
  services,
  { product: getProduct('openhuman'), owner: { userId: developer.id }, environment: 'live' },
  actor,
);
const app = await createOAuthClient(
  services,
  { userId: developer.id, product: 'openhuman', name: 'Your App', redirectUris: [redirectUri] },
  actor,
);

async function signIn(email: string): Promise<FormBrowser> {
  const browser = new FormBrowser(authUrl);
  await browser.submit(formTo(await browser.get('/signin'), '/signin'), { email, password });
  return browser;
}

/** Step 2: the document's address, with its line breaks taken out. */
async function authorizationCode(browser: FormBrowser, scope = 'read write'): Promise<string> {
  const address = `/oauth/authorize?client_id=${app.id}&redirect_uri=${encodeURIComponent(redirectUri)}&response_type=code&scope=${encodeURIComponent(scope)}`;
  let page = await browser.follow(await browser.get(address));
  if (page.html.includes('name="decision"')) {
    page = await browser.follow(await browser.submit(formTo(page, '/consent'), { decision: 'allow' }));
  }
  return new URL(page.location ?? '').searchParams.get('code') ?? '';
}

/** curl's `-d` several times is one form. */
const form = (...pairs: string[]) => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  body: pairs.join('&'),
});

const exchange = (code: string) =>
  fetch(
    `${authUrl}/oauth/token`,
    form(
      'grant_type=authorization_code',
      `code=${code}`,
      `client_id=${app.id}`,
      `client_secret=${app.secret}`,
      `redirect_uri=${redirectUri}`,
    ),
  );

test('Log in to OpenHuman Console, Settings → API Keys, Create New Key, copy the key', async () => {
  const browser = await signIn(developer.email);
  const page = await browser.get('/console/keys/new?product=openhuman');
  const shown = await browser.submit(formTo(page, '/console/keys/new'), { name: 'From the console' });
  const made = /\bsk_\w{42}\b/.exec(shown.html)?.[0];
  const response = await fetch(`${base}/v1/agents`, { headers: { Authorization: `Bearer ${made}` } });
  expect(response.status).toBe(200);
});

test('Using an API Key: Authorization: Bearer sk_xxx', async () => {
  expect(key.startsWith('sk_')).toBe(true);
  const response = await fetch(`${base}/v1/agents`, {
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
  });
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ data: [], has_more: false, next_cursor: null });
});

test('Step 1: Go to Developer Console, create a new application, obtain client_id and client_secret', async () => {
  const browser = await signIn(developer.email);
  const shown = await browser.submit(formTo(await browser.get('/console/apps/new'), '/console/apps/new'), {
    name: 'Another App',
    product: 'openhuman',
    redirect_uris: redirectUri,
  });
  expect(shown.html).toMatch(/app_[0-9a-f]{24}/);
  expect(shown.html).toMatch(/<code[^>]*>[\w-]{43}<\/code>/);
});

test('Steps 2 and 3: Get Authorization Code, Exchange Access Token: exactly the four members', async () => {
  const response = await exchange(await authorizationCode(await signIn(user.email)));
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({
    access_token: expect.stringMatching(/^at_[\w-]+$/),
    refresh_token: expect.stringMatching(/^rt_[\w-]+$/),
    expires_in: 3600,
    token_type: 'Bearer',
  });
});

test('Step 4: Use Access Token: it opens the agents of the user who authorized the app', async () => {
  const code = await authorizationCode(await signIn(user.email));
  const { access_token: token } = (await (await exchange(code)).json()) as { access_token: string };
  const response = await fetch(`${base}/v1/agents`, { headers: { Authorization: `Bearer ${token}` } });
  expect(response.status).toBe(200);
});

test('After the access token expires, use the refresh token to obtain a new access token', async () => {
  const code = await authorizationCode(await signIn(user.email));
  const first = (await (await exchange(code)).json()) as { refresh_token: string };
  const response = await fetch(
    `${authUrl}/oauth/token`,
    form(
      'grant_type=refresh_token',
      `refresh_token=${first.refresh_token}`,
      `client_id=${app.id}`,
      `client_secret=${app.secret}`,
    ),
  );
  const second = (await response.json()) as { access_token: string; refresh_token: string };
  expect(second).toEqual({
    access_token: expect.stringMatching(/^at_/),
    refresh_token: expect.stringMatching(/^rt_/),
    expires_in: 3600,
    token_type: 'Bearer',
  });
  expect(second.refresh_token).not.toBe(first.refresh_token);
  const agents = await fetch(`${base}/v1/agents`, {
    headers: { Authorization: `Bearer ${second.access_token}` },
  });
  expect(agents.status).toBe(200);
});

test.each([
  ['read', 'Read resources', 'GET', 200],
  ['write', 'Create and modify resources', 'POST', 201],
  ['delete', 'Delete resources', 'DELETE', 404],
] as const)('Scope %s: %s', async (scope, _words, method, status) => {
  const code = await authorizationCode(await signIn(user.email), scope);
  const { access_token: token } = (await (await exchange(code)).json()) as { access_token: string };
  const call = (verb: string) =>
    fetch(`${base}/v1/agents${verb === 'DELETE' ? '/agt_none' : ''}`, {
      method: verb,
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: verb === 'POST' ? JSON.stringify({ name: 'x' }) : undefined,
    });
  expect((await call(method)).status).toBe(status);
  const others = ['GET', 'POST', 'DELETE'].filter((verb) => verb !== method);
  for (const verb of others) {
    const response = await call(verb);
    expect(response.status).toBe(403);
    expect(response.headers.get('www-authenticate')).toContain('error="insufficient_scope"');
  }
});

test('Scope admin: Admin functions', async () => {
  const code = await authorizationCode(await signIn(user.email), 'admin');
  const { access_token: token } = (await (await exchange(code)).json()) as { access_token: string };
  const response = await fetch(`${base}/v1/api-keys`, { headers: { Authorization: `Bearer ${token}` } });
  expect(response.status).toBe(200);
});

test('without a credential, or with a wrong one: invalid_api_key, and a challenge', async () => {
  const missing = await fetch(`${base}/v1/agents`);
  expect(missing.status).toBe(401);
  expect(missing.headers.get('www-authenticate')).toMatch(/^Bearer /);
  const body = { error: { code: 'invalid_api_key', message: 'API key is invalid or expired', status: 401 } };
  expect(await missing.json()).toEqual(body);
  const wrong = await fetch(`${base}/v1/agents`, { headers: { Authorization: 'Bearer sk_xxx' } });
  expect([wrong.status, await wrong.json()]).toEqual([401, body]);
  const token = await fetch(`${base}/v1/agents`, { headers: { Authorization: 'Bearer at_xxx' } });
  expect(((await token.json()) as { error: { code: string } }).error.code).toBe('invalid_token');
});
