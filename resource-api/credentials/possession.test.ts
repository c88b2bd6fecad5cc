/** Sender-constrained tokens at the resource API. */
import { createHash, randomUUID } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { oauthProducts } from '../../shared/products/index.js';
import { createTestServices } from '../../shared/testing/services.js';
import type { ProductApi } from '../routing/product-api.js';
import { accessToken, get } from '../routing/route.js';
import { anotherProcess, makeKey, makePerson, startApi } from '../testing/serve.js';
import { makeAccessToken } from '../testing/tokens.js';

const { services, clock } = await createTestServices({ rateLimitFactor: 1_000 });
const [product] = oauthProducts;
if (!product) throw new Error('no product speaks OAuth');
const guarded: ProductApi = { product, routes: [get('/me', { by: [accessToken()] }, () => ({}))] };
const api = await startApi(services, [guarded]);
const withoutRedis = anotherProcess({ ...services, config: { ...services.config, redisUrl: undefined } });
const other = await startApi(withoutRedis, [guarded]);

const address = `${services.config.apiUrl}/${product.id}/me`;
const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
const jwk = await exportJWK(publicKey);

const owner = await makePerson(services);
const person = await makePerson(services, { human: true });
const makeToken = async (boundTo?: string) => {
  const scopes = Object.keys(product.oauth.scopes).slice(0, 1);
  const options = { productId: product.id, ownerId: owner.id, personId: person.id, scopes, boundTo };
  return (await makeAccessToken(services, options)).token;
};
const token = await makeToken(await calculateJwkThumbprint(jwk));
const ath = createHash('sha256').update(token).digest('base64url');

function prove(
  claims: JWTPayload = {},
  header: Record<string, unknown> = {},
  key = privateKey,
): Promise<string> {
  const good = { htm: 'GET', htu: address, ath, jti: randomUUID(), iat: clock.seconds() };
  return new SignJWT({ ...good, ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk, ...header })
    .sign(key);
}

const call = (proof: string | undefined, { scheme = 'DPoP', value = token, at = api } = {}) =>
  at.call(`/${product.id}/me?query=is-no-part-of-it`, {
    headers: { Authorization: `${scheme} ${value}`, ...(proof !== undefined && { DPoP: proof }) },
  });

test('a bound token works with a proof for this very call', async () => {
  expect((await call(await prove())).status).toBe(200);
  expect((await call(await prove({ htu: `${address}?x=1#y` }))).status).toBe(200);
});

test('a bound token sent as Bearer, or without a proof, is refused and the scheme is named', async () => {
  for (const response of [
    await call(undefined, { scheme: 'Bearer' }),
    await call(undefined),
    await call('nonsense'),
  ]) {
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toMatch(
      /^DPoP .*error="invalid_dpop_proof".*algs="ES256/,
    );
  }
  expect((await call(await prove(), { scheme: 'Bearer' })).status).toBe(401);
});

test('a proof for another method, address, token or time, or by another key, is refused', async () => {
  const stranger = await generateKeyPair('ES256', { extractable: true });
  const proofs = [
    prove({ htm: 'POST' }),
    prove({ htu: `${address}/other` }),
    prove({ htu: 'https://evil.example/me' }),
    prove({ ath: createHash('sha256').update('another').digest('base64url') }),
    prove({ iat: clock.seconds() - 3600 }),
    prove({ iat: clock.seconds() + 3600 }),
    prove({ iat: undefined }),
    prove({ jti: undefined }),
    prove({}, { typ: 'JWT' }),
    prove({}, {}, stranger.privateKey),
    prove({}, { jwk: await exportJWK(stranger.publicKey) }, stranger.privateKey),
  ];
  for (const proof of proofs) expect((await call(await proof)).status).toBe(401);
});

test('a proof is good once, with Redis and without', async () => {
  for (const at of [api, other]) {
    const proof = await prove();
    expect([(await call(proof, { at })).status, (await call(proof, { at })).status]).toEqual([200, 401]);
  }
});

test('a token that is not bound does not become so by a proof', async () => {
  const unbound = await makeToken();
  const ownAth = createHash('sha256').update(unbound).digest('base64url');
  expect((await call(await prove({ ath: ownAth }), { value: unbound })).status).toBe(401);
  expect((await call(undefined, { scheme: 'Bearer', value: unbound })).status).toBe(200);
});

test('an API key has no proof of possession', async () => {
  const { key } = await makeKey(services, product.id, owner.id);
  expect((await call(await prove(), { value: key })).status).toBe(401);
});
