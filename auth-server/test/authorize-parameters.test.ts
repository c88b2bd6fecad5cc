/**
 * What an app may put into an authorization request.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FormBrowser } from '../../shared/testing/form-browser.js';
import {
  authorize,
  callback,
  createApp,
  createPerson,
  requestToken,
  startAuthServer,
} from '../testing/authorization-flow.js';

const { services, clock, origin } = await startAuthServer();
const person = await createPerson(services);
const app = await createApp(services);
const open = await createApp(services, { public: true });
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

const ask = (parameters: Record<string, string>) =>
  new FormBrowser(origin).get(
    `/authorize?${new URLSearchParams({ response_type: 'code', redirect_uri: callback, ...parameters })}`,
  );

/** The error that goes back to the app, with what must stand beside it. */
async function errorFor(parameters: Record<string, string>): Promise<string | null> {
  const { location } = await ask({ state: 'the-state', ...parameters });
  const answer = new URL(String(location));
  expect(answer.href.startsWith(`${callback}?`)).toBe(true);
  expect(answer.searchParams.get('state')).toBe('the-state');
  expect(answer.searchParams.get('iss')).toBe(origin);
  return answer.searchParams.get('error');
}

const pushed = async (parameters: Record<string, string>) =>
  requestToken(
    origin,
    {
      client_id: app.id,
      client_secret: app.secret,
      response_type: 'code',
      redirect_uri: callback,
      ...parameters,
    },
    { path: '/request' },
  );

test('a scope that nobody knows is invalid_scope; beside a known one it is left out', async () => {
  expect(await errorFor({ client_id: app.id, scope: 'nope' })).toBe('invalid_scope');
  expect((await pushed({ scope: 'nope never' })).body.error).toBe('invalid_scope');
  expect((await ask({ client_id: app.id, scope: 'nope status:read' })).location).toContain('/interaction/');
});

describe('without a challenge', () => {
  test('a public client is refused', async () => {
    expect(await errorFor({ client_id: open.id })).toBe('invalid_request');
  });

  test('a client with a secret goes on', async () => {
    expect((await ask({ client_id: app.id })).location).toContain('/interaction/');
  });
});

test('only S256 is a challenge method', async () => {
  for (const method of [{ code_challenge_method: 'plain' }, { code_challenge_method: 's256' }, {}]) {
    for (const client_id of [open.id, app.id]) {
      expect(await errorFor({ client_id, code_challenge: challenge, ...(method as object) })).toBe(
        'invalid_request',
      );
    }
  }
});

test('a challenge of another form is refused', async () => {
  for (const code_challenge of [
    'abc',
    `${challenge}!`,
    `${challenge} x`,
    challenge.slice(1),
    'x'.repeat(129),
  ]) {
    const parameters = { client_id: open.id, code_challenge, code_challenge_method: 'S256' };
    expect(await errorFor(parameters)).toBe('invalid_request');
  }
});

test('code is the only response type', async () => {
  for (const response_type of ['token', 'id_token token', 'id_token', 'code token', 'none', 'x']) {
    const { location } = await ask({ client_id: app.id, response_type, state: 's', nonce: 'n' });
    const sent = new URL(String(location));
    const answer = new URLSearchParams(sent.search || sent.hash.slice(1));
    expect([response_type, answer.get('error')]).toEqual([response_type, 'unsupported_response_type']);
    expect(answer.get('state')).toBe('s');
    expect(answer.get('iss')).toBe(origin);
  }
});

test('prompt=none without a session is login_required, without consent consent_required', async () => {
  expect(await errorFor({ client_id: app.id, prompt: 'none' })).toBe('login_required');
  const browser = new FormBrowser(origin);
  await authorize(browser, { client_id: app.id, scope: 'status:read' }, person);
  const silent = { client_id: app.id, prompt: 'none' };
  const known = await authorize(browser, { ...silent, scope: 'status:read' }, person);
  expect(known.answer.get('code')).not.toBeNull();
  const wider = await authorize(browser, { ...silent, scope: 'status:read profile:read' }, person);
  expect(wider.answer.get('error')).toBe('consent_required');
});

test('every answer carries iss once, as the metadata has it', async () => {
  const metadata = await (await fetch(`${origin}/.well-known/oauth-authorization-server`)).json();
  const { answer } = await authorize(new FormBrowser(origin), { client_id: app.id }, person);
  expect(answer.getAll('iss')).toEqual([metadata.issuer]);
  const { location } = await ask({ client_id: app.id, prompt: 'none' });
  expect(new URL(String(location)).searchParams.getAll('iss')).toEqual([metadata.issuer]);
  expect(metadata.authorization_response_iss_parameter_supported).toBe(true);
});

test('state comes back exactly, once, on every way', async () => {
  const browser = new FormBrowser(origin);
  const states = [
    'x'.repeat(2048),
    'é漢字🙂\u0301',
    '&=#?/+% %26',
    '"><script>',
    "';--",
    '\u202e',
    ' ',
    '0',
    '{}[]',
  ];
  for (const state of states) {
    const { answer } = await authorize(browser, { client_id: app.id, scope: 'status:read', state }, person);
    expect(answer.get('code')).not.toBeNull();
    expect(answer.getAll('state')).toEqual([state]);
    const { location } = await ask({ client_id: app.id, prompt: 'none', state });
    expect(new URL(String(location)).searchParams.getAll('state')).toEqual([state]);
  }
  const refused = await authorize(new FormBrowser(origin), { client_id: app.id, state: '&=#' }, person, {
    decision: 'deny',
  });
  expect(refused.answer.getAll('state')).toEqual(['&=#']);
});

test('a request object is not fetched from anywhere', async () => {
  let calls = 0;
  const target = createServer((_request, response) => {
    calls += 1;
    response.end();
  });
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
  const { port } = target.address() as AddressInfo;
  for (const request_uri of [`http://127.0.0.1:${port}/r`, 'https://internal.example/r', 'urn:x']) {
    const page = await ask({ client_id: app.id, request_uri });
    expect(page.location ?? '').not.toContain('code=');
    expect(page.location ?? '').not.toContain('/interaction/');
  }
  await new Promise((resolve) => target.close(resolve));
  expect(calls).toBe(0);
});

test('an unsigned request object is refused', async () => {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const request = `${encode({ alg: 'none' })}.${encode({ client_id: app.id, scope: 'status:read' })}.`;
  expect(await errorFor({ client_id: app.id, request })).toBe('request_not_supported');
});

describe('a pushed request', () => {
  test('is for the client that pushed it, and for one authorization', async () => {
    const other = await createApp(services);
    const { request_uri } = (await pushed({ scope: 'status:read', state: 'pushed' })).body;
    const stolen = await ask({ client_id: other.id, request_uri });
    expect(stolen.location ?? '').not.toContain('/interaction/');
    const browser = new FormBrowser(origin);
    const { answer } = await authorize(browser, { client_id: app.id, request_uri }, person);
    expect(answer.get('code')).not.toBeNull();
    expect(answer.get('state')).toBe('pushed');
    const again = await authorize(browser, { client_id: app.id, request_uri }, person);
    expect(again.answer.get('code')).toBeNull();
  });

  test('is over after its time', async () => {
    const { request_uri, expires_in } = (await pushed({ scope: 'status:read' })).body;
    expect(expires_in).toBeGreaterThan(0);
    expect((await ask({ client_id: app.id, request_uri })).location).toContain('/interaction/');
    clock.advance(expires_in * 1000 + 20_000);
    expect((await ask({ client_id: app.id, request_uri })).location ?? '').not.toContain('/interaction/');
  });

  test('needs its client to prove who it is', async () => {
    expect((await pushed({ client_secret: 'wrong' })).body.error).toBe('invalid_client');
  });
});

test('answers go back in the address; no page posts them', async () => {
  for (const response_mode of ['form_post', 'web_message', 'jwt', '"><script>alert(1)</script>']) {
    expect(await errorFor({ client_id: app.id, response_mode })).toBe('unsupported_response_mode');
    const { status, body } = await pushed({ response_mode });
    expect([status, body.error]).toEqual([400, 'unsupported_response_mode']);
  }
  const { page } = await authorize(
    new FormBrowser(origin),
    { client_id: app.id, response_mode: 'fragment', state: 's' },
    person,
  );
  expect(page.location).toMatch(/^https:\/\/app\.example\/callback#code=/);
  const metadata = await (await fetch(`${origin}/.well-known/openid-configuration`)).json();
  expect(metadata.response_modes_supported).toEqual(['query', 'fragment']);
});

test('a resource that is not ours is invalid_target, and one token is for one resource', async () => {
  const api = `${services.config.apiUrl}/haas`;
  expect(await errorFor({ client_id: app.id, resource: 'https://elsewhere.example' })).toBe('invalid_target');
  expect(await errorFor({ client_id: app.id, resource: `${services.config.apiUrl}/openhuman` })).toBe(
    'invalid_target',
  );
  expect(await errorFor({ client_id: app.id, resource: `${api}#x` })).toBe('invalid_target');
  const { answer } = await authorize(
    new FormBrowser(origin),
    { client_id: app.id, resource: `${api}/` },
    person,
  );
  const members = {
    grant_type: 'authorization_code',
    code: String(answer.get('code')),
    redirect_uri: callback,
    client_id: app.id,
    client_secret: String(app.secret),
  };
  const two = new URLSearchParams(members);
  two.append('resource', api);
  two.append('resource', 'https://elsewhere.example');
  const response = await fetch(`${origin}/token`, { method: 'POST', body: two });
  expect(await response.json()).toMatchObject({ error: 'invalid_target' });
  const foreign = await requestToken(origin, { ...members, resource: 'https://elsewhere.example' });
  expect(foreign.body.error).toBe('invalid_target');
  expect((await requestToken(origin, members)).status).toBe(200);
});
