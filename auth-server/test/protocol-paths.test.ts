/**
 * The protocol's endpoints are reached by their announced paths alone. oidc-provider's router is kinder, and what we
 * put around an endpoint (limits, one transaction, rules for registration) must not be walked around that way.
 */
import { startAuthServer } from '../testing/authorization-flow.js';

const { origin } = await startAuthServer({ openRegistration: true });

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
