/** Requests as widespread client libraries send them, each accepted as its RFC says. */
import { createHash, randomBytes } from 'node:crypto';
import { FormBrowser, formTo } from '../../shared/testing/form-browser.js';
import {
  authorize,
  callback,
  createApp,
  createPerson,
  obtainCode,
  requestToken,
  startAuthServer,
} from '../testing/authorization-flow.js';

const { services, origin } = await startAuthServer({ openRegistration: true });
const person = await createPerson(services);
const app = await createApp(services);
const credentials = { client_id: app.id, client_secret: app.secret };
const verifier = randomBytes(32).toString('base64url');
const challenge = {
  code_challenge: createHash('sha256').update(verifier).digest('base64url'),
  code_challenge_method: 'S256',
};
const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
});

const postJson = async (path: string, body: unknown) => {
  const response = await fetch(origin + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
};
const newCode = () => obtainCode(origin, { client_id: app.id, scope: 'status:read' }, person);
const newTokens = async () => {
  const code = await newCode();
  const { body } = await requestToken(origin, {
    ...credentials,
    grant_type: 'authorization_code',
    code,
    redirect_uri: callback,
  });
  return body;
};

test('null and unknown members of a JSON token request are ignored (RFC 6749 section 3.2)', async () => {
  const { status, body } = await postJson('/token', {
    ...credentials,
    grant_type: 'authorization_code',
    code: await newCode(),
    redirect_uri: callback,
    scope: null,
    unknown: { nested: [1] },
    expires: 3600,
  });
  expect([status, body.token_type]).toEqual([200, 'Bearer']);
});

test.each(['scope', 'code', 'client_id', 'grant_type'])('a %s that is no text is refused', async (name) => {
  const { status, body } = await postJson('/token', { grant_type: 'refresh_token', [name]: ['x'] });
  expect([status, body.error, body.error_description]).toEqual([
    400,
    'invalid_request',
    `${name} must be a string`,
  ]);
});

test.each(['/token/introspection', '/oauth/introspect'])('%s takes JSON', async (path) => {
  const { access_token: token } = await newTokens();
  expect(await postJson(path, { ...credentials, token, token_type_hint: null })).toMatchObject({
    status: 200,
    body: { active: true },
  });
});

test.each(['/token/revocation', '/oauth/revoke'])('%s takes JSON', async (path) => {
  const { access_token: token } = await newTokens();
  expect(await postJson(path, { ...credentials, token })).toEqual({ status: 200, body: {} });
  expect((await postJson('/token/introspection', { ...credentials, token })).body).toEqual({ active: false });
});

test('Basic with an empty secret names a public client, with and without client_id in the form', async () => {
  const { id } = await createApp(services, { public: true });
  for (const client_id of [undefined, id]) {
    const code = await obtainCode(origin, { client_id: id, scope: 'status:read', ...challenge }, person);
    const exchange = { grant_type: 'authorization_code', code, redirect_uri: callback, client_id };
    const { status } = await requestToken(
      origin,
      { ...exchange, code_verifier: verifier },
      { headers: basic(id, '') },
    );
    expect(status).toBe(200);
  }
});

test('Basic with an empty secret authenticates no client that has one, nor another than the form names', async () => {
  const refused = await requestToken(
    origin,
    { grant_type: 'client_credentials' },
    { headers: basic(app.id, '') },
  );
  expect([refused.status, refused.body.error]).toEqual([401, 'invalid_client']);
  expect(refused.headers.get('www-authenticate')).toMatch(/^Basic /);
  const { id } = await createApp(services, { public: true });
  const mixed = { grant_type: 'refresh_token', refresh_token: 'x', client_id: id };
  expect((await requestToken(origin, mixed, { headers: basic(app.id, '') })).body.error).toBe(
    'invalid_request',
  );
});

describe('OpenID Connect parameters without openid', () => {
  const meaningless = { nonce: 'n', max_age: 'soon', id_token_hint: 'x', acr_values: '1', claims: '{}' };

  test.each(Object.entries(meaningless))('%s is ignored at /authorize', async (name, value) => {
    const request = { client_id: app.id, scope: 'status:read', [name]: value };
    expect(await obtainCode(origin, request, person)).toMatch(/^[\w-]{43}$/);
  });

  test('and in a pushed request; with openid they are checked', async () => {
    const push = (scope: string) =>
      requestToken(
        origin,
        { ...credentials, response_type: 'code', redirect_uri: callback, scope, ...meaningless },
        { path: '/request' },
      );
    expect((await push('status:read')).status).toBe(201);
    expect((await push('openid status:read')).body.error).toBe('invalid_request');
  });
});

describe('POST from a browser', () => {
  const post = (path: string, fields: Record<string, string>) =>
    fetch(origin + path, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });

  test('/authorize goes on with the same parameters, and without credentials in the URL', async () => {
    const request = {
      client_id: app.id,
      response_type: 'code',
      redirect_uri: callback,
      scope: 'status:read',
    };
    for (const path of ['/authorize', '/oauth/authorize']) {
      const response = await post(path, { ...request, client_secret: 'secret', state: 'a b&c' });
      expect(response.status).toBe(303);
      const location = response.headers.get('location') ?? '';
      expect(location.startsWith(`${path}?`)).toBe(true);
      expect(location).not.toContain('secret');
      const page = await new FormBrowser(origin).get(location);
      expect(page.location).toContain('/interaction/');
    }
  });

  test('/session/end goes on likewise', async () => {
    const response = await post('/session/end', { state: 's' });
    expect([response.status, response.headers.get('location')]).toEqual([303, '/session/end?state=s']);
  });

  test('a request that is too long for a URL is refused', async () => {
    expect((await post('/authorize', { client_id: app.id, state: 'x'.repeat(9000) })).status).toBe(413);
  });
});

describe('prompt', () => {
  const request = { client_id: app.id, scope: 'status:read', response_type: 'code', redirect_uri: callback };
  const start = (browser: FormBrowser, prompt: string) =>
    browser.get(`/authorize?${new URLSearchParams({ ...request, prompt })}`);

  test('select_account shows the account, and goes on with it', async () => {
    const browser = new FormBrowser(origin);
    await authorize(browser, { client_id: app.id, scope: 'status:read' }, person);
    const page = await browser.follow(await start(browser, 'select_account'));
    expect(page.html).toContain(person.email);
    const after = await browser.follow(await browser.submit(formTo(page, '/account'), {}));
    expect(after.location).toContain(`${callback}?code=`);
  });

  test('select_account lets another person in', async () => {
    const other = await createPerson(services);
    const browser = new FormBrowser(origin);
    await authorize(browser, { client_id: app.id, scope: 'status:read' }, person);
    const page = await browser.follow(await start(browser, 'select_account'));
    const signIn = await browser.follow(await browser.submit(formTo(page, '/switch'), {}));
    const consent = await browser.follow(
      await browser.submit(formTo(signIn, '/signin'), { email: other.email, password: other.password }),
    );
    expect(consent.html).toContain(other.email);
  });

  test('select_account with nobody signed in is a sign-in, and none cannot stand beside it', async () => {
    const browser = new FormBrowser(origin);
    expect((await browser.follow(await start(browser, 'select_account'))).html).toContain('name="password"');
    expect((await start(browser, 'none select_account')).location ?? '').not.toContain('code=');
  });

  test('create offers sign-up, and a sign-in there goes on to the app', async () => {
    const browser = new FormBrowser(origin);
    const page = await browser.follow(await start(browser, 'create'));
    expect(formTo(page, '/signup')).toBeDefined();
    expect(page.html).toMatch(/\/signin\?return_to=%2Finteraction%2F/);
  });
});

test('the metadata names what its endpoints and prompts take (RFC 8414 section 2)', async () => {
  const metadata = await (await fetch(`${origin}/.well-known/oauth-authorization-server`)).json();
  const methods = ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'];
  expect(metadata).toMatchObject({
    token_endpoint_auth_methods_supported: methods,
    revocation_endpoint_auth_methods_supported: methods,
    introspection_endpoint_auth_methods_supported: methods,
    prompt_values_supported: ['none', 'login', 'consent', 'select_account', 'create'],
  });
});

describe('registration', () => {
  const register = (metadata: Record<string, unknown>) =>
    postJson('/reg', { redirect_uris: [callback], token_endpoint_auth_method: 'none', ...metadata });

  test('of a superset of grant and response types the allowed part is registered, and the response says so', async () => {
    const { status, body } = await register({
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
      response_types: ['code', 'id_token'],
    });
    expect([status, body.grant_types, body.response_types]).toEqual([
      201,
      ['authorization_code', 'refresh_token'],
      ['code'],
    ]);
  });

  test.each([
    [['urn:ietf:params:oauth:grant-type:device_code']],
    [['authorization_code', 'client_credentials']],
    [['authorization_code', 'password']],
    [['authorization_code', 'urn:openid:params:grant-type:ciba']],
    [['authorization_code', 'urn:ietf:params:oauth:grant-type:token-exchange']],
  ])('the grant types %j are refused', async (grant_types) => {
    expect((await register({ grant_types })).status).toBe(400);
  });

  test.each(['می\u200Cخواهم', '👩\u200D👩\u200D👧', 'Ünïcode ☕'])(
    'the name %s registers',
    async (client_name) => {
      expect(await register({ client_name })).toMatchObject({ status: 201, body: { client_name } });
    },
  );

  test.each(['evil\u202Etxt.exe', 'a\u2066b', '\u200B\u200D', 'a\u0000b', 'a\u2028b'])(
    'the name %j does not',
    async (client_name) => {
      expect((await register({ client_name })).status).toBe(400);
    },
  );
});
