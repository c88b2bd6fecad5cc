/**
 * Where an answer may go: exactly the registered redirect URI, compared as text (RFC 9700 section 2.1). Whatever comes
 * close stops at a page of ours and leads nowhere.
 */
import { FormBrowser, type Page } from '../../shared/testing/form-browser.js';
import {
  authorize,
  callback,
  createApp,
  createPerson,
  requestToken,
  startAuthServer,
} from '../testing/authorization-flow.js';

const { services, origin } = await startAuthServer();
const loopback = 'http://127.0.0.1:4555/callback';
const app = await createApp(services);
const server = await createApp(services, { redirectUris: [loopback] });
const native = await createApp(services, { public: true, redirectUris: [loopback] });
const challenge = {
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
};

const ask = (parameters: Record<string, string> | URLSearchParams | string[][]) =>
  new FormBrowser(origin).get(`/authorize?response_type=code&${new URLSearchParams(parameters)}`);

/** An error page of ours, without a redirect, and without a way on. */
function expectStop(page: Page): void {
  expect(page.status).toBe(400);
  expect(page.location).toBeUndefined();
  expect(page.headers.get('content-type')).toContain('text/html');
  expect(page.html).not.toMatch(/<meta[^>]+refresh/i);
  expect(page.html).not.toContain('evil');
}

test.each([
  ['a slash more', `${callback}/`],
  ['a query more', `${callback}?x=1`],
  ['a fragment more', `${callback}#f`],
  ['a path that climbs', `${callback}/../evil`],
  ['a path that climbs in disguise', `${callback}/%2f..%2fevil`],
  ['another case of the scheme', callback.replace('https', 'HTTPS')],
  ['another case of the host', callback.replace('app.example', 'APP.example')],
])('%s is not the registered redirect URI', async (_name, redirect_uri) => {
  expectStop(await ask({ client_id: app.id, redirect_uri, state: 's' }));
});

test('a host that hides behind userinfo is refused', async () => {
  for (const client of [server, native]) {
    expectStop(
      await ask({ client_id: client.id, redirect_uri: 'http://127.0.0.1:4555@evil.example/callback' }),
    );
  }
});

test('the port of a server is part of its address', async () => {
  expectStop(await ask({ client_id: server.id, redirect_uri: loopback.replace('4555', '4556') }));
});

test('a program on the person’s machine may take any port, and gets its tokens there', async () => {
  const redirect_uri = loopback.replace('4555', '51004');
  const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
  const { page, answer: response } = await authorize(
    new FormBrowser(origin),
    { client_id: native.id, redirect_uri, ...challenge },
    await createPerson(services),
  );
  expect(page.location?.startsWith(`${redirect_uri}?`)).toBe(true);
  const { status } = await requestToken(origin, {
    grant_type: 'authorization_code',
    code: String(response.get('code')),
    redirect_uri,
    client_id: native.id,
    code_verifier: verifier,
  });
  expect(status).toBe(200);
});

test('localhost is not 127.0.0.1', async () => {
  const redirect_uri = loopback.replace('127.0.0.1', 'localhost');
  expectStop(await ask({ client_id: native.id, redirect_uri, ...challenge }));
});

test('an unknown client stops at a page on which its id is inert', async () => {
  const page = await ask({ client_id: '"><script>alert(1)</script>', redirect_uri: callback });
  expectStop(page);
  expect(page.html).not.toContain('<script>alert');
});

test('a redirect URI given twice ends at a page; any other parameter given twice is an error for the app', async () => {
  expectStop(
    await ask([
      ['client_id', app.id],
      ['redirect_uri', callback],
      ['redirect_uri', callback],
    ]),
  );
  expectStop(
    await ask([
      ['client_id', app.id],
      ['client_id', server.id],
      ['redirect_uri', callback],
    ]),
  );
  for (const name of ['scope', 'state', 'response_type', 'code_challenge', 'prompt', 'nonce']) {
    const { location } = await ask([
      ['client_id', app.id],
      ['redirect_uri', callback],
      // Without openid a nonce has no meaning and is ignored.
      ...(name === 'nonce' ? [['scope', 'openid'] as [string, string]] : []),
      [name, 'code'],
      [name, 'code'],
    ]);
    expect([name, location]).toEqual([name, expect.stringContaining(`${callback}?`)]);
    expect(new URL(String(location)).searchParams.get('error')).toBe('invalid_request');
  }
});

test('without a redirect URI, a client that has two gets no answer', async () => {
  const two = await createApp(services, { redirectUris: [callback, 'https://app.example/other'] });
  expectStop(await ask({ client_id: two.id }));
  expect((await ask({ client_id: app.id })).location).toMatch(/\/interaction\//);
});
