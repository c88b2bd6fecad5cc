/**
 * Asking about a token (RFC 7662) and ending it (RFC 7009).
 */
import {
  callback,
  createApp,
  createPerson,
  obtainCode,
  requestToken,
  startAuthServer,
} from '../testing/authorization-flow.js';

const { services, clock, origin } = await startAuthServer();
const person = await createPerson(services);
const app = await createApp(services);
const other = await createApp(services);
const open = await createApp(services, { public: true });
const resourceServer = await createApp(services, { firstParty: true });
const otherProduct = await createApp(services, { firstParty: true, product: 'openhuman' });

type Client = { id: string; secret?: string };

async function newTokens(): Promise<{ access_token: string; refresh_token: string }> {
  const code = await obtainCode(origin, { client_id: app.id, scope: 'status:read' }, person);
  const members = { grant_type: 'authorization_code', code, redirect_uri: callback };
  return (await requestToken(origin, { ...members, client_id: app.id, client_secret: app.secret })).body;
}

const call = (path: string, token: string, client: Client, more: Record<string, string> = {}) =>
  requestToken(origin, { token, client_id: client.id, client_secret: client.secret, ...more }, { path });
const introspect = (token: string, client: Client = app, more = {}) =>
  call('/token/introspection', token, client, more);
const revoke = (token: string, client: Client = app, more = {}) =>
  call('/token/revocation', token, client, more);
const refresh = (token: string) =>
  requestToken(origin, {
    grant_type: 'refresh_token',
    refresh_token: token,
    client_id: app.id,
    client_secret: app.secret,
  });

describe('revoking', () => {
  test.each(['refresh_token', 'access_token'] as const)('a %s ends its whole grant', async (kind) => {
    const tokens = await newTokens();
    const { status, body, headers } = await revoke(tokens[kind], app, { token_type_hint: kind });
    expect([status, body]).toEqual([200, {}]);
    expect(headers.get('cache-control')).toBe('no-store');
    expect((await introspect(tokens.access_token)).body).toEqual({ active: false });
    expect((await introspect(tokens.refresh_token)).body).toEqual({ active: false });
    expect((await refresh(tokens.refresh_token)).body.error).toBe('invalid_grant');
    expect(await services.db('grants').where({ user_id: person.id })).toEqual([]);
    const [audited] = await services
      .db('audit_events')
      .where({ action: 'grant.revoked' })
      .orderBy('at', 'desc');
    expect(audited).toMatchObject({ account_id: person.id, actor_kind: 'client', actor_id: app.id });
  });

  test('finds a token whatever the hint says', async () => {
    const tokens = await newTokens();
    expect((await revoke(tokens.refresh_token, app, { token_type_hint: 'access_token' })).status).toBe(200);
    expect((await introspect(tokens.access_token)).body).toEqual({ active: false });
    expect((await revoke((await newTokens()).access_token, app, { token_type_hint: 'x' })).status).toBe(200);
  });

  test('ends one authorization and not another of the same app and person', async () => {
    const [first, second] = [await newTokens(), await newTokens()];
    await revoke(first.refresh_token);
    expect((await introspect(second.access_token)).body.active).toBe(true);
    expect((await refresh(second.refresh_token)).status).toBe(200);
    await revoke(second.refresh_token);
  });

  test('also ends what a refresh brought meanwhile, when an older token of the family is presented', async () => {
    const first = await newTokens();
    const second = (await refresh(first.refresh_token)).body;
    await revoke(first.refresh_token);
    expect((await introspect(second.access_token)).body).toEqual({ active: false });
    expect((await refresh(second.refresh_token)).body.error).toBe('invalid_grant');
  });
});

test('an unknown token is 200, and another client’s token survives', async () => {
  for (const token of ['nonsense', 'haas_rt_nonsense', 'haas_at_nonsense', 'a.b.c', '%00']) {
    const { status, body } = await revoke(token);
    expect([token, status, body]).toEqual([token, 200, {}]);
  }
  const tokens = await newTokens();
  for (const token of [tokens.refresh_token, tokens.access_token]) {
    expect((await revoke(token, other)).status).toBe(400);
    expect((await revoke(token, open)).status).toBe(400);
    expect((await revoke(token, { id: app.id })).status).toBe(401);
    expect((await revoke(token, { id: app.id, secret: 'wrong' })).status).toBe(401);
  }
  expect((await introspect(tokens.access_token)).body.active).toBe(true);
  expect((await refresh(tokens.refresh_token)).status).toBe(200);
});

describe('introspection', () => {
  test('is not for whoever does not say who they are', async () => {
    const { access_token } = await newTokens();
    const nobody = await requestToken(origin, { token: access_token }, { path: '/token/introspection' });
    expect([400, 401]).toContain(nobody.status);
    expect((await introspect(access_token, { id: app.id, secret: 'wrong' })).status).toBe(401);
    const bearer = await requestToken(
      origin,
      { token: access_token },
      { path: '/token/introspection', headers: { authorization: `Bearer ${access_token}` } },
    );
    expect(bearer.status).toBe(400);
  });

  test('tells another app, a public client and another product’s server nothing', async () => {
    const tokens = await newTokens();
    for (const client of [other, open, otherProduct]) {
      for (const token of [tokens.access_token, tokens.refresh_token]) {
        expect((await introspect(token, client)).body).toEqual({ active: false });
      }
    }
  });

  test('tells the app itself and the product’s own server what the token is', async () => {
    const { access_token } = await newTokens();
    for (const client of [app, resourceServer]) {
      expect((await introspect(access_token, client)).body).toEqual({
        active: true,
        aud: `${services.config.apiUrl}/haas`,
        client_id: app.id,
        exp: expect.any(Number),
        iat: expect.any(Number),
        iss: origin,
        scope: 'status:read',
        sub: `usr_${person.id}`,
        token_type: 'Bearer',
      });
    }
  });
});

test('an answer about a token is never kept, and an expired or revoked one is just not active', async () => {
  const tokens = await newTokens();
  const { headers, body } = await introspect(tokens.access_token);
  expect(body.active).toBe(true);
  expect(headers.get('cache-control')).toBe('no-store');
  clock.advance(3_601_000);
  expect((await introspect(tokens.access_token)).body).toEqual({ active: false });
  const fresh = (await refresh(tokens.refresh_token)).body;
  clock.advance(61_000);
  expect((await introspect(tokens.refresh_token)).body).toEqual({ active: false });
  expect((await introspect(fresh.access_token)).body.active).toBe(true);
  await revoke(fresh.access_token);
  expect((await introspect(fresh.access_token)).body).toEqual({ active: false });
  expect((await introspect('nonsense')).body).toEqual({ active: false });
});

test('the audit entry of a revocation carries the IP address and the id of the request', async () => {
  const { headers } = await revoke((await newTokens()).refresh_token);
  const requestId = headers.get('x-request-id');
  const event = await services.db('audit_events').where({ request_id: requestId }).first();
  expect(event).toMatchObject({ action: 'grant.revoked', personal: { address: { value: '127.0.0.1' } } });
});
