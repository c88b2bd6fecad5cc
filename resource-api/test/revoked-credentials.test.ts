/** A credential is as good as everything that it hangs on. */
import { announceChange } from '../../shared/changes/changes.js';
import { endGrants } from '../../shared/identity/oauth/grants.js';
import { issueSessionJwt } from '../../shared/identity/sign-in/session-jwts.js';
import { getProduct, products } from '../../shared/products/index.js';
import { inTransaction } from '../../shared/services.js';
import { createTestServices } from '../../shared/testing/services.js';
import type { ProductApi } from '../routing/product-api.js';
import { accessToken, anyone, apiKey, get, jwt, nobody, post } from '../routing/route.js';
import { makeKey, makePerson, startApi } from '../testing/serve.js';
import { makeAccessToken } from '../testing/tokens.js';

const { services, clock } = await createTestServices({ rateLimitFactor: 1_000, trustedProxies: 1 });

const by = [apiKey(), accessToken('status:read'), jwt()] as const;
const whoami: ProductApi = {
  product: getProduct('haas'),
  routes: [
    get('/who', { by }, ({ caller }) => caller),
    get('/key', { by: [apiKey()] }, () => ({})),
    get('/worker', { by: [jwt('worker')] }, () => ({})),
    get('/known', { by: [apiKey(), nobody()] }, ({ caller }) => ({ kind: caller?.kind ?? null })),
    get('/all', { by: anyone }, ({ caller }) => ({ caller: caller ?? null })),
  ],
};
const api = await startApi(services, [whoami]);
const cookieApis: ProductApi[] = products
  .filter((product) => product.jwt?.cookie !== undefined)
  .map((product) => ({
    product,
    routes: [get('/things', { by: [jwt()] }, () => ({})), post('/things', { by: [jwt()] }, () => ({}))],
  }));
const cookieServer = await startApi(services, cookieApis);
const who = (bearer: string, headers: Record<string, string> = {}) =>
  api.call('/haas/who', { bearer, headers });

async function setUserStatus(id: string, status: string) {
  await inTransaction(services, async (tx) => {
    await tx.db('users').where({ id }).update({ status });
    await announceChange(tx, { kind: 'account', id });
  });
}

test('a key of a disabled account is refused until the account is enabled', async () => {
  const person = await makePerson(services);
  const { key } = await makeKey(services, 'haas', person.id);
  expect((await who(key)).status).toBe(200);
  await setUserStatus(person.id, 'disabled');
  expect((await who(key)).status).toBe(401);
  await setUserStatus(person.id, 'active');
  expect((await who(key)).status).toBe(200);
});

test('a key expires at its second, remembered or not', async () => {
  const person = await makePerson(services);
  const expiresAt = new Date(clock.ms() + 30_000);
  const { key } = await makeKey(services, 'haas', person.id, { expiresAt });
  expect((await who(key)).status).toBe(200);
  clock.advance(31_000);
  expect((await who(key)).status).toBe(401);
});

test('a key with an allowlist is refused elsewhere, as the trusted proxy tells the address', async () => {
  const person = await makePerson(services);
  const { id, key } = await makeKey(services, 'haas', person.id);
  await services
    .db('api_keys')
    .where({ id })
    .update({ ip_allowlist: ['10.1.0.0/16', '2001:db8::/32'] });
  const from = async (address: string) => (await who(key, { 'X-Forwarded-For': address })).status;
  expect(await from('10.1.2.3')).toBe(200);
  expect(await from('2001:db8::7')).toBe(200);
  expect(await from('::ffff:10.1.2.3')).toBe(200);
  expect(await from('10.2.0.1')).toBe(403);
  expect(await from('10.1.2.3, 10.2.0.1')).toBe(403);
  expect(await from('nonsense')).toBe(403);
  const refused = await who(key, { 'X-Forwarded-For': '10.2.0.1' });
  expect(refused.body).toMatchObject({ error: { type: 'address_not_allowed' } });
});

describe('an access token', () => {
  async function makeToken(scopes = ['status:read'], audience?: string) {
    const owner = await makePerson(services);
    const person = await makePerson(services, { human: true });
    const made = await makeAccessToken(services, {
      productId: 'haas',
      ownerId: owner.id,
      personId: person.id,
      scopes,
      audience,
    });
    return { ...made, owner, person };
  }

  test('acts for its person, and counts on the plan of the app owner', async () => {
    const { token, owner, person, clientId } = await makeToken();
    const response = await who(token);
    expect(response.body).toMatchObject({
      personId: person.id,
      accountId: owner.id,
      clientId,
      scopes: ['status:read'],
    });
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
  });

  test('is refused at once when its grant, its app, its person or the owner of the app goes', async () => {
    const grant = await makeToken();
    expect((await who(grant.token)).status).toBe(200);
    await endGrants(services, { id: grant.grantId }, { kind: 'person', id: grant.person.id });
    expect((await who(grant.token)).status).toBe(401);

    const app = await makeToken();
    expect((await who(app.token)).status).toBe(200);
    await inTransaction(services, async (tx) => {
      await tx.db('oauth_clients').where({ id: app.clientId }).update({ disabled_at: clock.now() });
      await announceChange(tx, { kind: 'client', id: app.clientId });
    });
    expect((await who(app.token)).status).toBe(401);

    for (const end of ['person', 'owner'] as const) {
      const made = await makeToken();
      expect((await who(made.token)).status).toBe(200);
      await setUserStatus(made[end].id, 'disabled');
      expect((await who(made.token)).status).toBe(401);
    }
  });

  test('expires after an hour, remembered or not', async () => {
    const { token } = await makeToken();
    clock.advance(3_570_000);
    expect((await who(token)).status).toBe(200);
    clock.advance(31_000);
    const response = await who(token);
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([401, '*']);
    expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"');
  });

  test('for another resource is unknown', async () => {
    const { token } = await makeToken(['status:read'], `${services.config.apiUrl}/openhuman`);
    expect((await who(token)).status).toBe(401);
  });

  test('without the scope is 403, with the scope that is needed', async () => {
    const { token } = await makeToken(['profile:read']);
    const response = await who(token);
    expect(response.status).toBe(403);
    expect(response.headers.get('www-authenticate')).toBe(
      `Bearer realm="haas", error="insufficient_scope", scope="profile:read status:read", resource_metadata="${services.config.apiUrl}/.well-known/oauth-protected-resource/haas"`,
    );
  });

  test('is no API key', async () => {
    const { token } = await makeToken();
    expect((await api.call('/haas/key', { bearer: token })).status).toBe(401);
  });
});

test('a JWT is for one product and one role, and dies with a password change', async () => {
  const person = await makePerson(services);
  const session = { user: person, role: 'user' as const };
  const { token } = await issueSessionJwt(services, getProduct('haas'), session);
  expect((await who(token)).body).toMatchObject({ kind: 'jwt', personId: person.id, role: 'user' });
  expect((await api.call('/haas/worker', { bearer: token })).status).toBe(401);
  const foreign = await issueSessionJwt(services, getProduct('hitl'), session);
  expect((await who(foreign.token)).status).toBe(401);
  await inTransaction(services, async (tx) => {
    await tx.db('users').where({ id: person.id }).increment('token_version', 1);
    await announceChange(tx, { kind: 'account', id: person.id });
  });
  expect((await who(token)).status).toBe(401);
});

test('a route for anyone does not look at credentials', async () => {
  expect((await api.call('/haas/all', { bearer: 'nonsense' })).body).toEqual({ caller: null });
});

test('a cookie that a foreign page makes the browser send changes nothing', async () => {
  const [cookieApi] = cookieApis;
  if (!cookieApi) throw new Error('no product knows a cookie');
  const { product } = cookieApi;
  const person = await makePerson(services);
  const { token } = await issueSessionJwt(services, product, { user: person, role: 'user' });
  const Cookie = `other=1; ${product.jwt?.cookie}=${token}`;
  const change = async (headers: Record<string, string>) =>
    (await cookieServer.call(`/${product.id}/things`, { method: 'POST', headers: { Cookie, ...headers } }))
      .status;
  const { origin } = new URL(cookieServer.url);
  expect(await change({})).toBe(200);
  expect(await change({ Origin: origin, 'Sec-Fetch-Site': 'same-origin' })).toBe(200);
  expect(await change({ Origin: 'https://evil.example' })).toBe(401);
  expect(await change({ Origin: 'null' })).toBe(401);
  expect(await change({ 'Sec-Fetch-Site': 'cross-site' })).toBe(401);
  const look = await cookieServer.call(`/${product.id}/things`, {
    headers: { Cookie, Origin: 'https://evil.example' },
  });
  expect([look.status, look.headers.get('access-control-allow-origin')]).toEqual([200, null]);
});

test('a route for keys and for nobody knows a good key, and takes everybody else as nobody', async () => {
  const person = await makePerson(services, { human: true });
  const { key } = await makeKey(services, 'haas', person.id);
  const { token } = await issueSessionJwt(services, getProduct('haas'), { user: person, role: 'worker' });
  const kinds = [];
  for (const bearer of [key, undefined, `${key}x`, token]) {
    kinds.push((await api.call('/haas/known', { bearer })).body);
  }
  expect(kinds).toEqual([{ kind: 'apiKey' }, { kind: null }, { kind: null }, { kind: null }]);
});
