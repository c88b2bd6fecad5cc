/** Transport and origin: https, CORS, methods, and where the OAuth metadata stands. */
import { listDevelopmentMails } from '../../shared/mail/development.js';
import { createTestServices } from '../../shared/testing/services.js';
import { rawCall } from '../testing/raw-call.js';
import { makeKey, makePerson, startApi } from '../testing/serve.js';
import { makeAccessToken } from '../testing/tokens.js';

const { services } = await createTestServices({
  production: true,
  trustedProxies: 1,
  apiUrl: 'https://api.latchkey.example',
  issuer: 'https://latchkey.example',
  productHosts: new Map([
    ['api.hitl.example', 'hitl'],
    ['api.haas.example', 'haas'],
  ]),
  rateLimitFactor: 1_000,
});
const api = await startApi(services);
const person = await makePerson(services);
const haas = await makeKey(services, 'haas', person.id, { environment: 'test' });
const path = '/haas/v1/humans/usr_maria_42/status';
const overHttps = { 'X-Forwarded-Proto': 'https' };

test('a call over plain http is refused in the envelope of its product, and its key owner is mailed once', async () => {
  const { key } = await makeKey(services, 'hitl', person.id);
  for (let round = 0; round < 3; round += 1) {
    const response = await api.call('/hitl/v1/test', {
      bearer: key,
      headers: { 'X-Forwarded-Proto': 'http' },
    });
    expect([response.status, response.body]).toEqual([403, { error: true, msg: 'HTTPS required' }]);
    expect(response.headers.get('location')).toBeNull();
    expect(response.headers.get('strict-transport-security')).toBeNull();
  }
  const readable = { ...services, config: { ...services.config, production: false } };
  const mailsOf = () => listDevelopmentMails(readable, { to: person.email });
  const deadline = performance.now() + 5_000;
  let mails = await mailsOf();
  while (mails.length === 0 && performance.now() < deadline) mails = await mailsOf();
  expect(mails.map(({ subject }) => subject)).toEqual(['A HITL.sh key was sent unencrypted']);
  expect(JSON.stringify(mails)).not.toContain(key);
});

test('every response under the prefix or the host of a product has its headers, whatever it says', async () => {
  const overHttp = { 'X-Forwarded-Proto': 'http' };
  const answers = [
    ['plain http', await api.call('/haas/v1/me', { headers: overHttp })],
    ['plain http, unknown path', await api.call('/haas/v9', { headers: overHttp })],
    ['unknown path', await api.call('/haas/v1/nothing', { headers: overHttps })],
    ['the prefix alone', await api.call('/haas', { headers: overHttps })],
    ['other method', await api.call('/haas/v1/me', { method: 'PUT', headers: overHttps })],
    ['preflight', await api.call('/haas/v1/me', { method: 'OPTIONS', headers: overHttps })],
    ['no credential', await api.call('/haas/v1/me', { headers: overHttps })],
    ['two credentials', await api.call('/haas/v1/me?access_token=x', { headers: overHttps, bearer: 'y' })],
    ['no JSON', await api.call('/haas/v1/auth/login', { body: '{', headers: overHttps })],
  ] as const;
  for (const [name, { headers }] of answers) {
    expect([name, headers.get('x-ratelimit-limit')]).toEqual([name, expect.stringMatching(/^\d+$/)]);
    expect([name, headers.get('ratelimit-policy')]).toEqual([name, expect.stringContaining('q=')]);
    expect(headers.get('x-request-id')).toMatch(/^req_/);
  }
  const atHost = await rawCall(
    `${api.url}/.well-known/nothing`,
    ['X-Forwarded-Proto', 'https'],
    'api.haas.example',
  );
  expect(atHost.body).toMatchObject({ error: { code: 404, request_id: expect.any(String) } });
  expect(atHost.headers).toMatchObject({
    'x-ratelimit-limit': expect.stringMatching(/^\d+$/),
    'strict-transport-security': expect.stringContaining('max-age'),
  });
});

test('a response outside of all products has HSTS and a request id', async () => {
  const response = await api.call('/nothing', { headers: overHttps });
  expect(response.status).toBe(404);
  expect(response.headers.get('strict-transport-security')).toMatch(/^max-age=31536000/);
  expect(response.headers.get('x-request-id')).toMatch(/^req_/);
});

test('a preflight and a call over plain http show the limits and use none of them', async () => {
  const remaining = async (options: object) =>
    (await api.call('/haas/v1/me', options)).headers.get('x-ratelimit-remaining');
  const before = await remaining({ method: 'OPTIONS', headers: overHttps });
  expect(before).toMatch(/^\d+$/);
  expect(await remaining({ headers: { 'X-Forwarded-Proto': 'http' } })).toBe(before);
  expect(await remaining({ method: 'OPTIONS', headers: overHttps })).toBe(before);
});

test.each([
  ['GET', '/.well-known/oauth-protected-resource', 200],
  ['GET', '/.well-known/oauth-protected-resource/haas', 200],
  ['GET', '/.well-known/oauth-protected-resource/nothing', 404],
  ['OPTIONS', '/.well-known/oauth-protected-resource', 204],
  ['POST', '/.well-known/oauth-protected-resource', 405],
])('%s %s has HSTS, a request id and nosniff at every host', async (method, metadata, expected) => {
  for (const host of [
    'api.latchkey.example',
    'api.haas.example',
    'API.HAAS.example:443',
    'api.hitl.example',
  ]) {
    const headers = ['X-Forwarded-Proto', 'https'];
    const response = await rawCall(api.url + metadata, headers, host, method);
    // HITL has keys of its own and no metadata, unless the path names another product.
    const none = host === 'api.hitl.example' && method === 'GET' && !metadata.endsWith('/haas');
    expect([host, response.status]).toEqual([host, none ? 404 : expected]);
    expect(response.headers).toMatchObject({
      'strict-transport-security': expect.stringMatching(/^max-age=31536000/),
      'x-request-id': expect.stringMatching(/^req_/),
      'x-content-type-options': 'nosniff',
    });
  }
});

test('only the entry that the trusted proxy wrote counts', async () => {
  const claimed = (value: string) =>
    api.call(path, { bearer: haas.key, headers: { 'X-Forwarded-Proto': value } });
  expect((await claimed('https, http')).status).toBe(403);
  expect((await claimed('http, https')).status).toBe(200);
});

test('every https answer carries HSTS, a request id and no-store', async () => {
  for (const call of [
    await api.call(path, { bearer: haas.key, headers: overHttps }),
    await api.call(path, { headers: overHttps }),
    await api.call('/haas/v1/nothing', { headers: overHttps }),
  ]) {
    expect(call.headers.get('strict-transport-security')).toMatch(/^max-age=31536000/);
    expect(call.headers.get('cache-control')).toBe('no-store');
    expect(call.headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/);
  }
});

test('answers to an access token may be read by a page of any origin, answers to a key by none', async () => {
  const human = await makePerson(services, { human: true });
  const { token } = await makeAccessToken(services, {
    productId: 'haas',
    ownerId: person.id,
    personId: human.id,
    scopes: ['status:read'],
  });
  const headers = { ...overHttps, Origin: 'https://page.example' };
  const byToken = await api.call(`/haas/v1/humans/usr_${human.id}/status`, { bearer: token, headers });
  expect([byToken.status, byToken.headers.get('access-control-allow-origin')]).toEqual([200, '*']);
  expect(byToken.headers.get('access-control-expose-headers')).toContain('RateLimit-Policy');
  for (const bearer of [haas.key, 'haas_test_sk_wrong']) {
    const byKey = await api.call(path, { bearer, headers });
    expect(byKey.headers.get('access-control-allow-origin')).toBeNull();
  }
});

test('a preflight names the methods of the path, where access tokens are taken', async () => {
  const preflight = (at: string) =>
    api.call(at, {
      method: 'OPTIONS',
      headers: { ...overHttps, Origin: 'https://page.example', 'Access-Control-Request-Method': 'GET' },
    });
  const allowed = await preflight(path);
  expect(allowed.status).toBe(204);
  expect(allowed.headers.get('access-control-allow-origin')).toBe('*');
  expect(allowed.headers.get('access-control-allow-methods')).toBe('GET, HEAD, OPTIONS');
  expect(allowed.headers.get('access-control-allow-headers')).toContain('Authorization');
  const refused = await preflight('/haas/v1/health');
  expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([204, null]);
  expect((await preflight('/haas/v1/nothing')).status).toBe(404);
});

test('HEAD is GET without a body', async () => {
  const response = await api.call(path, { method: 'HEAD', bearer: haas.key, headers: overHttps });
  expect([response.status, response.text]).toEqual([200, '']);
  expect(Number(response.headers.get('content-length'))).toBeGreaterThan(500);
});

test('a 401 names the metadata, and the metadata names the authorization server, whatever Host says', async () => {
  const response = await api.call(path, { headers: { ...overHttps, 'X-Forwarded-Host': 'evil.example' } });
  const document = 'https://api.latchkey.example/.well-known/oauth-protected-resource/haas';
  expect(response.headers.get('www-authenticate')).toBe(
    `Bearer realm="haas", scope="status:read", resource_metadata="${document}"`,
  );
  const metadata = await api.call(new URL(document).pathname, { headers: overHttps });
  expect(metadata.status).toBe(200);
  expect(metadata.body).toEqual({
    resource: 'https://api.latchkey.example/haas',
    authorization_servers: ['https://latchkey.example'],
    scopes_supported: expect.arrayContaining(['status:read', 'tasks:dispatch']),
    bearer_methods_supported: ['header'],
    dpop_signing_alg_values_supported: expect.arrayContaining(['ES256']),
    resource_name: 'HaaS',
  });
  expect(metadata.headers.get('access-control-allow-origin')).toBe('*');
  expect((await api.call('/.well-known/oauth-protected-resource/hitl')).status).toBe(404);
});

test('a product is served at its own host with the documented path', async () => {
  const at = (host: string, documented: string, fields: string[] = []) =>
    rawCall(api.url + documented, ['X-Forwarded-Proto', 'https', ...fields], host);
  const status = await at('api.haas.example', '/v1/humans/usr_maria_42/status', [
    'Authorization',
    `Bearer ${haas.key}`,
  ]);
  expect([status.status, status.body]).toMatchObject([200, { human_id: 'usr_maria_42' }]);
  expect((await at('API.HITL.example:443', '/v1/nothing')).body).toEqual({ error: true, msg: 'Not found.' });
  for (const host of ['api.haas.example', 'API.HAAS.example:443']) {
    const metadata = await at(host, '/.well-known/oauth-protected-resource');
    expect(metadata.body).toMatchObject({ resource: 'https://api.haas.example', resource_name: 'HaaS' });
  }
});
