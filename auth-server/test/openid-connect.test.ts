/** OpenID Connect beside an API: one token opens the product's API and says who the person is. */
import { decodeProtectedHeader } from 'jose';
import * as openid from 'openid-client';
import { FormBrowser, formTo } from '../../shared/testing/form-browser.js';
import {
  authorize,
  callback,
  createApp,
  createPerson,
  credentialsOf,
  obtainCode,
  requestToken,
  startAuthServer,
} from '../testing/authorization-flow.js';

const { services, origin } = await startAuthServer({ openRegistration: true });
const person = await createPerson(services);
const app = await createApp(services);
const scope = 'openid email profile status:read';
const everything = {
  sub: `usr_${person.id}`,
  email: person.email,
  email_verified: true,
  name: person.name,
};

async function tokensOf(client: { id: string; secret?: string }, asked: string, choice = {}) {
  const code = await obtainCode(
    origin,
    { client_id: client.id, scope: asked, prompt: 'consent' },
    person,
    choice,
  );
  const credentials = { client_id: client.id, client_secret: client.secret };
  const exchange = { grant_type: 'authorization_code', code, redirect_uri: callback };
  return (await requestToken(origin, { ...credentials, ...exchange })).body;
}

async function userinfo(token: string, method = 'GET') {
  const response = await fetch(`${origin}/userinfo`, {
    method,
    headers: { authorization: `Bearer ${token}` },
  });
  return { status: response.status, body: await response.json(), headers: response.headers };
}

describe.each([{ jwtAccessTokens: false }, { jwtAccessTokens: true }])('with %j', (kind) => {
  test('openid-client signs in with API scopes: ID token, scope of the response, userinfo, refresh', async () => {
    const client = await createApp(services, kind);
    const config = await openid.discovery(new URL(origin), client.id, client.secret, undefined, {
      execute: [openid.allowInsecureRequests],
    });
    const url = openid.buildAuthorizationUrl(config, {
      redirect_uri: callback,
      scope,
      state: 's',
      nonce: 'n',
    });
    const { page } = await authorize(new FormBrowser(origin), Object.fromEntries(url.searchParams), person);
    const landed = new URL(String(page.location));
    const checks = { expectedState: 's', expectedNonce: 'n' };
    const tokens = await openid.authorizationCodeGrant(config, landed, checks);
    expect(tokens.claims()).toMatchObject(everything);
    expect(tokens.scope?.split(' ').sort()).toEqual(scope.split(' ').sort());
    const subject = everything.sub;
    expect(await openid.fetchUserInfo(config, tokens.access_token, subject)).toEqual(everything);
    const fresh = await openid.refreshTokenGrant(config, String(tokens.refresh_token));
    expect(await openid.fetchUserInfo(config, fresh.access_token, subject)).toEqual(everything);
    await openid.tokenRevocation(config, String(fresh.refresh_token));
    expect((await userinfo(fresh.access_token)).status).toBe(401);
  });

  test('userinfo answers a token bound to a key, and only with its proof (RFC 9449)', async () => {
    const client = await createApp(services, kind);
    const config = await openid.discovery(new URL(origin), client.id, client.secret, undefined, {
      execute: [openid.allowInsecureRequests],
    });
    const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('ES256'));
    const code = await obtainCode(origin, { client_id: client.id, scope }, person);
    const landed = new URL(`${callback}?${new URLSearchParams({ code, iss: origin })}`);
    const tokens = await openid.authorizationCodeGrant(config, landed, { idTokenExpected: true }, undefined, {
      DPoP,
    });
    const told = await openid.fetchUserInfo(config, tokens.access_token, everything.sub, { DPoP });
    expect(told).toEqual(everything);
    expect((await userinfo(tokens.access_token)).status).toBe(401);
  });

  test('a token without openid is refused with the scope that it lacks (RFC 6750 section 3.1)', async () => {
    const { access_token: token } = await tokensOf(await createApp(services, kind), 'status:read');
    const { status, body, headers } = await userinfo(token);
    expect([status, body.error]).toEqual([403, 'insufficient_scope']);
    expect(headers.get('www-authenticate')).toContain('scope="openid"');
  });

  test('only granted claims are told: a box that the person unticks stays closed', async () => {
    const client = await createApp(services, kind);
    const { access_token: token, scope: granted } = await tokensOf(client, scope, {
      scope: ['profile', 'status:read'],
    });
    expect(granted.split(' ').sort()).toEqual(['openid', 'profile', 'status:read']);
    const told = { sub: everything.sub, name: everything.name };
    expect((await userinfo(token)).body).toEqual(told);
    expect((await userinfo(token, 'POST')).body).toEqual(told);
  });
});

test('the consent page has a box for each of email and profile, and none for openid', async () => {
  const browser = new FormBrowser(origin);
  const query = new URLSearchParams({
    client_id: app.id,
    response_type: 'code',
    redirect_uri: callback,
    scope,
  });
  const signIn = await browser.follow(await browser.get(`/authorize?${query}`));
  const consent = await browser.follow(
    await browser.submit(formTo(signIn, '/signin'), credentialsOf(person)),
  );
  const boxes = [...consent.html.matchAll(/<input[^>]*name="scope"[^>]*>/g)].map(
    ([box]) => /value="([^"]+)"/.exec(box)?.[1],
  );
  expect(boxes.sort()).toEqual(['email', 'profile', 'status:read']);
  expect(consent.html).not.toContain('see your password or your email address');
});

test('email and profile mean nothing without openid', async () => {
  expect((await tokensOf(app, 'email status:read')).scope).toBe('status:read');
});

test('openid alone gives an id and no more', async () => {
  const tokens = await tokensOf(app, 'openid');
  expect((await userinfo(tokens.access_token)).body).toEqual({ sub: everything.sub });
});

test('a person who is disabled, and a token that is none, get 401', async () => {
  const { access_token: token } = await tokensOf(app, 'openid status:read');
  for (const nonsense of ['x', 'a.b.c', `${token}x`]) expect((await userinfo(nonsense)).status).toBe(401);
  await services.db('users').where({ id: person.id }).update({ status: 'disabled' });
  try {
    expect((await userinfo(token)).status).toBe(401);
  } finally {
    await services.db('users').where({ id: person.id }).update({ status: 'active' });
  }
});

describe('how ID tokens are signed', () => {
  const algorithmOf = async (client: { id: string; secret?: string }) =>
    decodeProtectedHeader((await tokensOf(client, 'openid')).id_token).alg;
  const register = async (metadata: Record<string, unknown>) => {
    const response = await fetch(`${origin}/reg`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ redirect_uris: [callback], ...metadata }),
    });
    const body = await response.json();
    return { id: body.client_id, secret: body.client_secret, alg: body.id_token_signed_response_alg };
  };

  test('RS256 for a new client, ES256 for one that chose it', async () => {
    expect(await algorithmOf(app)).toBe('RS256');
    const metadata = JSON.stringify({ id_token_signed_response_alg: 'ES256' });
    expect(await algorithmOf(await createApp(services, { columns: { metadata } }))).toBe('ES256');
  });

  test.each([
    [undefined, 'RS256'],
    ['ES256', 'ES256'],
    ['RS256', 'RS256'],
    ['HS256', 'RS256'],
  ])('a registration that asks for %s gets %s', async (asked, expected) => {
    const client = await register({ id_token_signed_response_alg: asked });
    expect([client.alg, await algorithmOf(client)]).toEqual([expected, expected]);
  });
});
