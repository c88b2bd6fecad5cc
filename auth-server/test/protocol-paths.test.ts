/**
 * The table of protocol endpoints as a caller sees it: exactly the announced paths and methods. oidc-provider's own
 * router also accepts another case and a slash at the end, and so would lead around our middleware.
 */
import { allowedMethods, protocolEndpoints } from '../endpoints/endpoint-table.js';
import { startAuthServer } from '../testing/authorization-flow.js';

const { origin } = await startAuthServer({ openRegistration: true });
const closed = await startAuthServer();

/** Java's `HttpURLConnection` sends this by default. */
const javaAccept = 'text/html, image/gif, image/jpeg, */*; q=0.2';

const post = (path: string) =>
  fetch(`${origin}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ redirect_uris: ['http://evil.example/cb'], grant_types: ['client_credentials'] }),
  });

test.each([
  '/reg/',
  '/REG',
  '/Reg/',
  '/oauth/reg/',
  '//reg',
  '/token/',
  '/TOKEN',
  '/token/Revocation',
  '/token/introspection/',
  '/%74oken',
  '/oauth/oauth/token',
])('POST %s is no endpoint', async (path) => {
  expect((await post(path)).status).toBe(404);
});

test('the announced paths are endpoints, with and without /oauth in front', async () => {
  for (const path of ['/reg', '/token', '/token/revocation', '/token/introspection', '/request']) {
    expect([path, (await post(path)).status]).toEqual([path, 400]);
    expect([path, (await post(`/oauth${path}`)).status]).toEqual([path, 400]);
  }
});

describe.each(protocolEndpoints)('$path', (endpoint) => {
  const path = endpoint.path.replace(':uid', 'x');
  const allow = allowedMethods(endpoint).join(', ');
  const wrong = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'].filter((method) => !allow.includes(method));

  test.each(wrong)('%s is 405, and Allow names the methods', async (method) => {
    for (const prefix of ['', '/oauth']) {
      const response = await fetch(origin + prefix + path, { method });
      expect([response.status, response.headers.get('allow')]).toEqual([405, allow]);
    }
  });

  test('OPTIONS names the methods, and the CORS headers only where pages may call', async () => {
    const headers = {
      origin: 'https://page.example',
      'access-control-request-method': endpoint.methods[0] ?? 'GET',
      'access-control-request-headers': 'content-type',
    };
    const response = await fetch(origin + path, { method: 'OPTIONS', headers });
    expect([response.status, response.headers.get('allow')]).toEqual([204, allow]);
    const expected = endpoint.cors === 'none' ? [null, null] : [endpoint.methods.join(', '), '*'];
    expect([
      response.headers.get('access-control-allow-methods'),
      response.headers.get('access-control-allow-origin'),
    ]).toEqual(expected);
  });

  test('an error has the form for its caller: JSON for programs whatever Accept says', async () => {
    const response = await fetch(origin + path, { method: 'PUT', headers: { accept: javaAccept } });
    const type = response.headers.get('content-type');
    expect(type).toContain(endpoint.caller === 'program' ? 'application/json' : 'text/html');
  });
});

test('a page that takes another method is 405 too', async () => {
  const response = await fetch(`${origin}/signin`, { method: 'DELETE' });
  expect(response.status).toBe(405);
  expect(response.headers.get('allow')).toContain('POST');
  expect((await fetch(`${origin}/leaks`)).status).toBe(405);
});

test('registration has no endpoint while it is closed', async () => {
  for (const method of ['POST', 'OPTIONS', 'GET']) {
    expect((await fetch(`${closed.origin}/reg`, { method })).status).toBe(404);
  }
});
