/**
 * Sender-constrained tokens (RFC 9449) from the token endpoint to the resource API, as opaque tokens and as JWTs.
 * resource-api/credentials/possession.test.ts has the proof in every detail.
 */
import { createHash, randomUUID } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import * as openid from 'openid-client';
import { accessToken, get } from '../../resource-api/routing/route.js';
import { anotherProcess, startApi } from '../../resource-api/testing/serve.js';
import { getProduct } from '../../shared/products/index.js';
import {
  callback,
  createApp,
  createPerson,
  obtainCode,
  requestToken,
  startAuthServer,
} from '../testing/authorization-flow.js';

const { services, clock, origin } = await startAuthServer({ rateLimitFactor: 1_000 });
const api = await startApi(services, [
  { product: getProduct('haas'), routes: [get('/who', { by: [accessToken()] }, ({ caller }) => caller)] },
]);
const person = await createPerson(services);

const key = await generateKeyPair('ES256', { extractable: true });
const stranger = await generateKeyPair('ES256', { extractable: true });

async function prove(claims: JWTPayload = {}, by = key): Promise<string> {
  const jwk = await exportJWK(by.publicKey);
  const own = { htm: 'POST', htu: `${origin}/token`, iat: clock.seconds(), jti: randomUUID() };
  return new SignJWT({ ...own, ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
    .sign(by.privateKey);
}

const token = (members: Record<string, string | undefined>, proof?: string) =>
  requestToken(origin, members, { headers: proof === undefined ? {} : { dpop: proof } });

describe.each([{ jwtAccessTokens: false }, { jwtAccessTokens: true }])('%j', ({ jwtAccessTokens }) => {
  const verifier = 'v'.repeat(43);
  const challenge = createHash('sha256').update(verifier).digest('base64url');

  const makeApp = () => createApp(services, { public: true, jwtAccessTokens });

  const obtain = async (proof: string | undefined, known?: Awaited<ReturnType<typeof makeApp>>) => {
    const app = known ?? (await makeApp());
    const asked = { client_id: app.id, code_challenge: challenge, code_challenge_method: 'S256' };
    const code = await obtainCode(origin, { ...asked, scope: 'status:read' }, person);
    const members = { grant_type: 'authorization_code', code, redirect_uri: callback };
    const response = await token({ ...members, client_id: app.id, code_verifier: verifier }, proof);
    return { app, ...response };
  };

  const call = async (value: string, scheme: string, claims?: JWTPayload) => {
    const ath = createHash('sha256').update(value).digest('base64url');
    const htu = `${services.config.apiUrl}/haas/who`;
    const headers: Record<string, string> = { Authorization: `${scheme} ${value}` };
    if (claims) headers.DPoP = await prove({ htm: 'GET', htu, ath, ...claims });
    return api.call('/haas/who', { headers });
  };

  test('a token is bound to the key, and plain Bearer is refused', async () => {
    const { body } = await obtain(await prove());
    expect(body.token_type).toBe('DPoP');
    expect((await call(body.access_token, 'DPoP', {})).status).toBe(200);
    const plain = await call(body.access_token, 'Bearer');
    expect([plain.status, plain.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringMatching(/^DPoP .*error="invalid_dpop_proof"/),
    ]);
    expect((await call(body.access_token, 'DPoP')).status).toBe(401);
  });

  test('a clock that is wrong is made up for by a nonce', async () => {
    const { body } = await obtain(await prove());
    const iat = clock.seconds() - 5000;
    const stale = await call(body.access_token, 'DPoP', { iat });
    expect(stale.status).toBe(401);
    expect(stale.headers.get('www-authenticate')).toContain('error="use_dpop_nonce"');
    const nonce = String(stale.headers.get('dpop-nonce'));
    expect((await call(body.access_token, 'DPoP', { iat, nonce })).status).toBe(200);
    expect((await call(body.access_token, 'DPoP', { nonce: 'made-up' })).status).toBe(401);
    clock.advance(121_000);
    expect((await call(body.access_token, 'DPoP', { nonce })).status).toBe(401);
  });

  test('a refresh token of a public app is worth nothing without the key, a repetition included', async () => {
    const { app, body } = await obtain(await prove());
    const members = { grant_type: 'refresh_token', refresh_token: body.refresh_token, client_id: app.id };
    const byStranger = await token(members, await prove({}, stranger));
    expect([byStranger.status, byStranger.body.error]).toEqual([400, 'invalid_grant']);
    expect((await token(members)).status).toBe(400);
    const first = await token(members, await prove());
    expect(first.status).toBe(200);
    expect((await token(members, await prove({}, stranger))).status).toBe(400);
    const again = await token(members, await prove());
    expect([again.status, again.body.access_token]).toEqual([200, first.body.access_token]);
  });

  test('a proof is good once, and for this endpoint', async () => {
    const proof = await prove();
    const { app, status } = await obtain(proof);
    expect(status).toBe(200);
    expect((await obtain(proof, app)).body.error).toBe('invalid_grant');
    const elsewhere = await obtain(await prove({ htu: `${origin}/elsewhere` }));
    expect([elsewhere.status, elsewhere.body.error]).toEqual([400, 'invalid_dpop_proof']);
    const old = await obtain(await prove({ iat: clock.seconds() - 3600 }));
    expect([old.body.error, old.headers.get('dpop-nonce')]).toEqual(['use_dpop_nonce', expect.any(String)]);
    const nonce = String(old.headers.get('dpop-nonce'));
    expect((await obtain(await prove({ iat: clock.seconds() - 3600, nonce }))).status).toBe(200);
  });
});

test('the alias of the token endpoint is an address of its own in a proof', async () => {
  const app = await createApp(services);
  const code = await obtainCode(origin, { client_id: app.id, scope: 'status:read' }, person);
  const members = { grant_type: 'authorization_code', code, redirect_uri: callback };
  const response = await requestToken(
    origin,
    { ...members, client_id: app.id, client_secret: app.secret },
    { path: '/oauth/token', headers: { dpop: await prove({ htu: `${origin}/oauth/token` }) } },
  );
  expect([response.status, response.body.token_type]).toEqual([200, 'DPoP']);
});

test('all processes know the nonces of one, and the metadata names the algorithms', async () => {
  const metadata = await (await fetch(`${origin}/.well-known/oauth-authorization-server`)).json();
  expect(metadata).toMatchObject({ dpop_signing_alg_values_supported: expect.arrayContaining(['ES256']) });
  const resource = await api.call('/.well-known/oauth-protected-resource/haas');
  expect(resource.body).toMatchObject({
    dpop_signing_alg_values_supported: expect.arrayContaining(['ES256']),
  });
  const there = anotherProcess(services);
  expect(there.config.secretKeys).toEqual(services.config.secretKeys);
});

test('openid-client does it all by itself', async () => {
  const app = await createApp(services);
  const config = await openid.discovery(new URL(origin), app.id, app.secret, undefined, {
    execute: [openid.allowInsecureRequests],
  });
  const handle = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('ES256'));
  const jkt = await handle.calculateThumbprint();
  const code = await obtainCode(origin, { client_id: app.id, scope: 'status:read', dpop_jkt: jkt }, person);
  const landed = new URL(`${callback}?${new URLSearchParams({ code, iss: origin })}`);
  const tokens = await openid.authorizationCodeGrant(config, landed, {}, undefined, { DPoP: handle });
  expect(tokens.token_type).toBe('dpop');
  expect(jkt).not.toBe(await calculateJwkThumbprint(await exportJWK(key.publicKey)));
});
