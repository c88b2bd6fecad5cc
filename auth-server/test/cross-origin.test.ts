/** Apps that live in a page: what a browser lets them read of us. */
import { startTestServers } from '../../scripts/testing/servers.js';
import { createTestServices } from '../../shared/testing/services.js';
import { createApp } from '../testing/authorization-flow.js';

const { services } = await createTestServices({ openRegistration: true });
const { authUrl, apiUrl } = await startTestServers(services);
const page = 'https://page.example';
const app = await createApp(services, { public: true, redirectUris: [`${page}/callback`] });

const preflight = (url: string, method: string, headers: string) =>
  fetch(url, {
    method: 'OPTIONS',
    headers: {
      origin: page,
      'access-control-request-method': method,
      'access-control-request-headers': headers,
    },
  });

test.each([
  ['/.well-known/oauth-authorization-server', 'GET', 'mcp-protocol-version'],
  ['/.well-known/openid-configuration', 'GET', 'mcp-protocol-version'],
  ['/jwks', 'GET', 'mcp-protocol-version'],
  ['/token', 'POST', 'content-type,dpop'],
  ['/token/revocation', 'POST', 'content-type'],
  ['/reg', 'POST', 'content-type,mcp-protocol-version'],
])('a page may ask whether it may call %s, and may', async (path, method, headers) => {
  const response = await preflight(authUrl + path, method, headers);
  expect(response.status).toBe(204);
  expect([page, '*']).toContain(response.headers.get('access-control-allow-origin'));
  expect(response.headers.get('access-control-allow-methods')).toContain(method);
  const allowed = response.headers.get('access-control-allow-headers')?.toLowerCase();
  for (const header of headers.split(',')) expect(allowed).toContain(header);
  expect(response.headers.get('access-control-allow-credentials')).toBeNull();
});

test('so for the metadata of a protected resource', async () => {
  const url = `${apiUrl}/.well-known/oauth-protected-resource/haas`;
  const asked = await preflight(url, 'GET', 'mcp-protocol-version');
  expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([204, '*']);
  expect((await fetch(url, { headers: { origin: page } })).headers.get('access-control-allow-origin')).toBe(
    '*',
  );
});

test('a page registers itself, and reads the answer', async () => {
  const register = (metadata: unknown) =>
    fetch(`${authUrl}/reg`, {
      method: 'POST',
      headers: { origin: page, 'content-type': 'application/json' },
      body: JSON.stringify(metadata),
    });
  const response = await register({
    redirect_uris: [`${page}/callback`],
    token_endpoint_auth_method: 'none',
  });
  expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([201, '*']);
  const refused = await register({ redirect_uris: [] });
  expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([400, '*']);
});

test('the token endpoint answers pages of the app’s own origin, and no other', async () => {
  const refresh = (origin: string) =>
    fetch(`${authUrl}/token`, {
      method: 'POST',
      headers: { origin },
      body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'x', client_id: app.id }),
    });
  const own = await refresh(page);
  expect(own.headers.get('access-control-allow-origin')).toBe(page);
  expect(await own.json()).toMatchObject({ error: 'invalid_grant' });
  const other = await refresh('https://evil.example');
  expect(other.headers.get('access-control-allow-origin')).toBeNull();
});

test('who brings nothing to a protected resource may read where to get a token; who brings a key reads nothing', async () => {
  const call = (headers: Record<string, string>) =>
    fetch(`${apiUrl}/haas/v1/humans/usr_maria_42/status`, { headers: { origin: page, ...headers } });
  const invited = await call({});
  expect([invited.status, invited.headers.get('access-control-allow-origin')]).toEqual([401, '*']);
  expect(invited.headers.get('access-control-expose-headers')).toContain('WWW-Authenticate');
  const withKey = await call({ authorization: `Bearer haas_test_sk_${'x'.repeat(42)}` });
  expect([withKey.status, withKey.headers.get('access-control-allow-origin')]).toEqual([401, null]);
});
