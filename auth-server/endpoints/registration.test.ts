/**
 * Clients that register themselves (RFC 7591).
 */
import { FormBrowser } from '../../shared/testing/form-browser.js';
import {
  authorize,
  createApp,
  createPerson,
  obtainCode,
  requestToken,
  startAuthServer,
} from '../testing/authorization-flow.js';

const { services, origin } = await startAuthServer({ openRegistration: true });

async function register(metadata: unknown) {
  const response = await fetch(`${origin}/reg`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(metadata),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const web = { client_name: 'Helper', redirect_uris: ['https://helper.example/cb'] };

test('the metadata announces the endpoint', async () => {
  const response = await fetch(`${origin}/.well-known/oauth-authorization-server`);
  expect(await response.json()).toMatchObject({ registration_endpoint: `${origin}/reg` });
});

test('a client registers, is asked about each time, and gets the default product’s tokens', async () => {
  const { status, body } = await register({
    ...web,
    scope: 'anything at all',
    id_token_signed_response_alg: 'RS256',
  });
  expect(status).toBe(201);
  const client = { client_id: String(body.client_id), client_secret: String(body.client_secret) };
  const person = await createPerson(services);
  const redirect = { redirect_uri: 'https://helper.example/cb' };
  const code = await obtainCode(
    origin,
    { client_id: client.client_id, scope: 'status:read', ...redirect },
    person,
  );
  const token = await requestToken(origin, {
    grant_type: 'authorization_code',
    code,
    ...redirect,
    ...client,
  });
  expect(token.body).toMatchObject({
    access_token: expect.stringMatching(/^haas_at_/),
    scope: 'status:read',
  });
  expect(await services.db('consents').where({ client_id: client.client_id })).toEqual([]);
});

test.each([
  ['javascript: redirect', ['javascript:alert(1)']],
  ['data: redirect', ['data:text/html,x']],
  ['http redirect to a host that is not loopback', ['http://evil.example/cb']],
  ['wildcard redirect', ['https://*.evil.example/cb']],
  ['redirect with a fragment', ['https://evil.example/cb#x']],
  ['redirect with userinfo', ['https://user@evil.example/cb']],
  ['no redirect', []],
])('%s is refused', async (_name, redirects) => {
  const { status, body } = await register({ ...web, redirect_uris: redirects });
  expect(status).toBe(400);
  expect(['invalid_redirect_uri', 'invalid_client_metadata']).toContain(body.error);
});

test.each([
  ['client_credentials'],
  ['urn:openid:params:grant-type:ciba'],
  ['urn:ietf:params:oauth:grant-type:token-exchange'],
  ['password'],
])('the grant type %s is refused', async (grant) => {
  const { status, body } = await register({ ...web, grant_types: ['authorization_code', grant] });
  expect([status, body.error]).toEqual([400, 'invalid_client_metadata']);
});

test('a client chooses neither its id nor its secret', async () => {
  const { body } = await register({ ...web, client_id: 'mine', client_secret: 'mine-too' });
  expect(body.client_id).toMatch(/^dyn_/);
  expect(body.client_secret).not.toBe('mine-too');
});

test('standing, owner and product cannot be had by asking', async () => {
  const { body } = await register({
    ...web,
    product: 'openhuman',
    user_id: 'someone',
    first_party: true,
    firstParty: true,
    verified_host: 'google.com',
    self_registered: false,
  });
  const [row] = await services.db('oauth_clients').where({ id: body.client_id });
  expect(row).toMatchObject({ product: null, user_id: null, first_party: false, self_registered: true });
  expect(row.verified_host).toBeNull();
});

test('the response names only what is kept and has an effect', async () => {
  const kept = {
    ...web,
    client_uri: 'https://helper.example/',
    contacts: ['ops@helper.example'],
    logo_uri: 'https://helper.example/logo.png',
    policy_uri: 'https://helper.example/policy',
    post_logout_redirect_uris: ['https://helper.example/bye'],
    tos_uri: 'https://helper.example/terms',
  };
  const dropped = {
    backchannel_logout_uri: 'https://helper.example/logout',
    backchannel_logout_session_required: true,
    default_max_age: 60,
    dpop_bound_access_tokens: true,
    initiate_login_uri: 'https://helper.example/login',
    require_auth_time: true,
    require_pushed_authorization_requests: true,
    software_id: 'helper',
    subject_type: 'public',
    token_endpoint_auth_signing_alg: 'ES256',
  };
  const { status, body } = await register({ ...kept, ...dropped });
  expect(status).toBe(201);
  expect(body).toEqual({
    ...kept,
    application_type: 'web',
    client_id: expect.any(String),
    client_id_issued_at: expect.any(Number),
    client_secret: expect.any(String),
    client_secret_expires_at: 0,
    grant_types: ['authorization_code', 'refresh_token'],
    id_token_signed_response_alg: 'RS256',
    response_types: ['code'],
    token_endpoint_auth_method: 'client_secret_basic',
  });
  const row = await services.db('oauth_clients').where({ id: body.client_id }).first();
  const stored = { ...row.metadata, client_name: row.name, redirect_uris: row.redirect_uris };
  for (const [name, value] of Object.entries(kept)) expect([name, stored[name]]).toEqual([name, value]);
});

test('a name has at most 100 characters, of which an emoji is one, and something to see', async () => {
  expect((await register({ ...web, client_name: '💥'.repeat(100) })).body.client_name).toHaveLength(200);
  for (const name of ['💥'.repeat(101), '\u200b\u2800', '\u3164']) {
    const { body } = await register({ ...web, client_name: name });
    expect(body.error).toBe('invalid_client_metadata');
  }
});

test('a name that deceives or floods is refused', async () => {
  for (const name of ['x'.repeat(10_000), 'Bank\u202Egnp.exe', 'line\nbreak']) {
    expect((await register({ ...web, client_name: name })).body.error).toBe('invalid_client_metadata');
  }
  expect((await register({ ...web, logo_uri: 'javascript:alert(1)' })).body.error).toBe(
    'invalid_client_metadata',
  );
});

test('the same metadata gives the same client where there is no secret, and another one where there is', async () => {
  const open = { ...web, redirect_uris: ['http://127.0.0.1:7777/cb'], token_endpoint_auth_method: 'none' };
  const [first, second] = [await register(open), await register(open)];
  expect(first.status).toBe(201);
  expect(second.body.client_id).toBe(first.body.client_id);
  expect(first.body).not.toHaveProperty('client_secret');
  expect((await register(web)).body.client_id).not.toBe((await register(web)).body.client_id);
});

test('a public client gets no token for itself', async () => {
  const app = await createApp(services, { public: true });
  await services
    .db('oauth_clients')
    .where({ id: app.id })
    .update({ grant_types: ['client_credentials'] });
  const { status, body } = await requestToken(origin, {
    grant_type: 'client_credentials',
    client_id: app.id,
  });
  expect(status).toBe(400);
  expect(body).not.toHaveProperty('access_token');
});

test('a self-registered client is shown as unverified, whatever it calls itself', async () => {
  const { body } = await register({ ...web, client_name: 'Google' });
  const browser = new FormBrowser(origin);
  const { page } = await authorize(
    browser,
    { client_id: String(body.client_id), redirect_uri: 'https://helper.example/cb' },
    await createPerson(services),
    { decision: 'deny' },
  );
  expect(page.location).toContain('error=access_denied');
  const question = await browser.follow(
    await browser.get(
      `/authorize?${new URLSearchParams({
        client_id: String(body.client_id),
        response_type: 'code',
        redirect_uri: 'https://helper.example/cb',
      })}`,
    ),
  );
  expect(question.html).toContain('This app registered itself. Nobody has verified who runs it.');
});
