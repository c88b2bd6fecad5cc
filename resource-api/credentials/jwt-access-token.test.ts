/**
 * Access tokens as JWTs (RFC 9068), issued by the real authorization server and presented to the real resource API.
 */
import { createHash } from 'node:crypto';
import {
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
} from 'jose';
import { loadSigningKeys, rotateSigningKeys } from '../../auth-server/oidc/signing-keys.js';
import {
  callback,
  createApp,
  createPerson,
  obtainCode,
  requestToken,
  startAuthServer,
} from '../../auth-server/testing/authorization-flow.js';
import { announceChange } from '../../shared/changes/changes.js';
import { endGrants } from '../../shared/identity/oauth/grants.js';
import { getProduct } from '../../shared/products/index.js';
import { inTransaction } from '../../shared/services.js';
import type { ProductApi } from '../routing/product-api.js';
import { accessToken, apiKey, get } from '../routing/route.js';
import { anotherProcess, startApi } from '../testing/serve.js';

const {
  services,
  clock,
  origin,
  app: authApp,
} = await startAuthServer({
  rateLimitFactor: 1_000,
  openRegistration: true,
});
const apis: ProductApi[] = ['haas', 'openhuman'].map((id) => ({
  product: getProduct(id),
  routes: [get('/who', { by: [apiKey(), accessToken()] }, ({ caller }) => caller)],
}));
const api = await startApi(services, apis);
const other = await startApi(anotherProcess(services), apis);

const person = await createPerson(services);
const app = await createApp(services, { jwtAccessTokens: true });

async function obtainTokens(scope = 'status:read') {
  const code = await obtainCode(origin, { client_id: app.id, scope }, person);
  const credentials = { client_id: app.id, client_secret: app.secret };
  const members = { grant_type: 'authorization_code', code, redirect_uri: callback };
  return (await requestToken(origin, { ...members, ...credentials })).body;
}

const claimsOf = (token: string): JWTPayload =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
const headerOf = (token: string): JWTHeaderParameters =>
  JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());

const who = (bearer: string, at = api, product = 'haas') => at.call(`/${product}/who`, { bearer });

test('is five minutes of ES256, names its grant, and works at its resource', async () => {
  const { access_token: token, expires_in: seconds, token_type: type } = await obtainTokens();
  expect([seconds, type]).toEqual([300, 'Bearer']);
  expect(headerOf(token)).toMatchObject({ alg: 'ES256', typ: 'at+jwt', kid: expect.any(String) });
  const claims = claimsOf(token);
  expect(claims).toMatchObject({
    iss: origin,
    aud: `${services.config.apiUrl}/haas`,
    client_id: app.id,
    sub: `usr_${person.id.replace(/^usr_/, '')}`,
    scope: 'status:read',
  });
  const answer = await who(token);
  expect(answer.status).toBe(200);
  expect(answer.body).toMatchObject({ kind: 'accessToken', clientId: app.id, personId: person.id });
  clock.advance(301_000);
  expect((await who(token)).status).toBe(401);
  expect((await who(token, other)).status).toBe(401);
});

test('of a revoked grant is refused on the next request, in every process', async () => {
  const { access_token: token } = await obtainTokens();
  expect([(await who(token)).status, (await who(token, other)).status]).toEqual([200, 200]);
  await endGrants(services, { id: String(claimsOf(token).grant_id) }, { kind: 'system', id: 'test' });
  expect([(await who(token, other)).status, (await who(token)).status]).toEqual([401, 401]);
});

test('is worth nothing at another resource', async () => {
  const { access_token: token } = await obtainTokens();
  expect((await who(token, api, 'openhuman')).status).toBe(401);
});

describe('a token that is not exactly what we issue is refused', () => {
  const sign = async (
    change: { claims?: JWTPayload; header?: Record<string, unknown> } = {},
    key?: Parameters<SignJWT['sign']>[0],
  ) => {
    const { access_token: token } = await obtainTokens();
    const [current] = await loadSigningKeys(services);
    if (!current) throw new Error('no signing key');
    const claims = { ...claimsOf(token), ...change.claims };
    const header = { ...headerOf(token), ...change.header };
    return new SignJWT(claims).setProtectedHeader(header).sign(key ?? (await importJWK(current, 'ES256')));
  };

  test('the same, signed once more, is accepted', async () => {
    expect((await who(await sign())).status).toBe(200);
  });

  test.each<[string, JWTPayload]>([
    ['expired', { exp: 1_000_000_000 }],
    ['not valid yet', { nbf: 4_000_000_000 }],
    ['of another issuer', { iss: 'https://evil.example' }],
    ['for several resources', { aud: [`${services.config.apiUrl}/haas`, 'https://evil.example'] }],
    ['without an app', { client_id: undefined }],
    ['of an unknown app', { client_id: 'app_unknown' }],
    ['without a grant', { grant_id: undefined }],
    ['of an unknown grant', { grant_id: 'grt_unknown' }],
    ['without an end', { exp: undefined }],
  ])('%s', async (_name, claims) => {
    expect((await who(await sign({ claims }))).status).toBe(401);
  });

  test.each<[string, Record<string, unknown>]>([
    ['an id token', { typ: 'JWT' }],
    ['a proof', { typ: 'dpop+jwt' }],
    ['a key id that is a path', { kid: '../../x' }],
    ['a key id that nobody has', { kid: 'nobody' }],
    ['no key id', { kid: undefined }],
  ])('%s in the header', async (_name, header) => {
    expect((await who(await sign({ header }))).status).toBe(401);
  });

  test('signed by a key that the header brings along', async () => {
    const own = await generateKeyPair('ES256', { extractable: true });
    const jwk = await exportJWK(own.publicKey);
    const header = { jwk, jku: 'https://evil.example/jwks', x5u: 'https://evil.example/x5u' };
    expect((await who(await sign({ header }, own.privateKey))).status).toBe(401);
  });

  test('with alg none, or with our public key as an HMAC secret', async () => {
    const { access_token: token } = await obtainTokens();
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const unsigned = `${encode({ ...headerOf(token), alg: 'none' })}.${token.split('.')[1]}.AA`;
    expect((await who(unsigned)).status).toBe(401);
    const row = await services
      .db('signing_keys')
      .where({ kid: headerOf(token).kid })
      .first();
    const secret = createHash('sha256').update(JSON.stringify(row.public_jwk)).digest();
    const forged = await sign({ header: { alg: 'HS256' } }, secret);
    expect((await who(forged)).status).toBe(401);
  });

  test('an id token itself', async () => {
    const { id_token: idToken } = await obtainTokens('openid status:read');
    expect((await who(idToken)).status).toBe(401);
  });
});

test('a key that was rotated out still verifies; one that was removed does not', async () => {
  const { access_token: token } = await obtainTokens();
  await rotateSigningKeys(services, { kind: 'system', id: 'test' });
  await authApp.holder.refresh();
  const { access_token: newer } = await obtainTokens();
  expect(headerOf(newer).kid).not.toBe(headerOf(token).kid);
  expect([(await who(token)).status, (await who(newer)).status]).toEqual([200, 200]);
  await inTransaction(services, async (tx) => {
    const kid = String(headerOf(token).kid);
    await tx.db('signing_keys').where({ kid }).delete();
    await announceChange(tx, { kind: 'signingKey', id: kid });
  });
  expect([(await who(token)).status, (await who(newer)).status]).toEqual([401, 200]);
});

test('no app can choose JWTs for itself by registration', async () => {
  const response = await fetch(`${origin}/reg`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ redirect_uris: [callback], jwt_access_tokens: true, first_party: true }),
  });
  const { client_id: id } = (await response.json()) as { client_id: string };
  const row = await services.db('oauth_clients').where({ id }).first();
  expect([row.metadata.jwt_access_tokens, row.first_party]).toEqual([undefined, false]);
});

test('neither introspection nor revocation takes a JWT; ending its grant does', async () => {
  const { access_token: token, refresh_token: refreshToken } = await obtainTokens();
  const credentials = { client_id: app.id, client_secret: app.secret };
  for (const path of ['/token/introspection', '/token/revocation']) {
    const answer = await requestToken(origin, { token, ...credentials }, { path });
    expect([answer.status, answer.body.error]).toEqual([400, 'unsupported_token_type']);
  }
  expect((await who(token)).status).toBe(200);
  await requestToken(origin, { token: refreshToken, ...credentials }, { path: '/token/revocation' });
  expect((await who(token)).status).toBe(401);
});

test('client credentials act for nobody, with a JWT of their own', async () => {
  const answer = await requestToken(origin, {
    grant_type: 'client_credentials',
    scope: 'status:read',
    client_id: app.id,
    client_secret: app.secret,
  });
  const { status, body } = await who(answer.body.access_token);
  expect([status, headerOf(answer.body.access_token).typ]).toEqual([200, 'at+jwt']);
  expect(body).toMatchObject({ clientId: app.id });
  expect(body).not.toHaveProperty('personId');
});
