/**
 * Signing keys come and go without a restart and without one failed verification.
 */
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { StartupError } from '../../shared/startup-error.js';
import {
  callback,
  createApp,
  createPerson,
  obtainCode,
  requestToken,
  startAuthServer,
} from '../testing/authorization-flow.js';
import { loadSigningKeys, rotateSigningKeys, rotateSigningKeysIfDue } from './signing-keys.js';

const { services, clock, origin } = await startAuthServer();
const metadata = JSON.stringify({ id_token_signed_response_alg: 'ES256' });
const app = await createApp(services, { plan: 'enterprise', columns: { metadata } });
const person = await createPerson(services);
const operator = { kind: 'operator', id: 'test' } as const;
const day = 86_400_000;

async function newIdToken(): Promise<string> {
  const code = await obtainCode(origin, { client_id: app.id, scope: 'openid' }, person);
  const members = { grant_type: 'authorization_code', code, redirect_uri: callback };
  return (await requestToken(origin, { ...members, client_id: app.id, client_secret: app.secret })).body
    .id_token;
}

const fetchKeys = async (): Promise<JSONWebKeySet> => (await fetch(`${origin}/jwks`)).json();
const kidOf = (token: string) => decodeProtectedHeader(token).kid;
const verify = (token: string, keys: JSONWebKeySet) =>
  jwtVerify(token, createLocalJWKSet(keys), { issuer: origin, audience: app.id });

/** Settles when the running server publishes what the database has. */
async function published(): Promise<JSONWebKeySet> {
  const rows = await services.db('signing_keys').select('kid');
  const expected = new Set(rows.map(({ kid }) => kid));
  for (;;) {
    const keys = await fetchKeys();
    const kids = new Set(keys.keys.map(({ kid }) => kid));
    if (kids.size === expected.size && [...kids].every((kid) => expected.has(kid))) return keys;
  }
}

test('the next key is published before it signs, public halves alone, for five minutes', async () => {
  const response = await fetch(`${origin}/jwks`);
  expect(response.headers.get('cache-control')).toBe('public, max-age=300');
  const { keys } = (await response.json()) as JSONWebKeySet;
  expect(keys).toHaveLength(4);
  for (const key of keys.filter(({ alg }) => alg === 'RS256')) {
    const members = { kty: 'RSA', alg: 'RS256', use: 'sig', e: 'AQAB' };
    expect(key).toEqual({ ...members, kid: expect.any(String), n: expect.any(String) });
  }
  for (const key of keys.filter(({ alg }) => alg !== 'RS256')) {
    expect(key).toEqual({
      kty: 'EC',
      crv: 'P-256',
      alg: 'ES256',
      use: 'sig',
      kid: expect.any(String),
      x: expect.any(String),
      y: expect.any(String),
    });
  }
  const head = await fetch(`${origin}/jwks`, { method: 'HEAD' });
  expect(head.headers.get('cache-control')).toBe('public, max-age=300');
});

test('a token of the old key holds during the overlap, for new and for old copies of the keys', async () => {
  const before = await fetchKeys();
  const old = await newIdToken();
  const kid = await rotateSigningKeys(services, operator);
  const after = await published();
  const fresh = await newIdToken();
  expect(kidOf(fresh)).toBe(kid);
  expect(kidOf(fresh)).not.toBe(kidOf(old));
  for (const token of [old, fresh]) {
    for (const keys of [before, after])
      expect((await verify(token, keys)).payload.sub).toBe(`usr_${person.id}`);
  }
  const hinted = await fetch(`${origin}/session/end?id_token_hint=${old}`);
  expect(hinted.status).toBe(200);
});

test('a key that is gone verifies nothing, here or elsewhere', async () => {
  const old = await newIdToken();
  await rotateSigningKeys(services, operator);
  await rotateSigningKeysIfDue(services);
  expect((await published()).keys.map(({ kid }) => kid)).toContain(kidOf(old));
  clock.advance(2 * 3_600_000 + 60_000);
  await rotateSigningKeysIfDue(services);
  await rotateSigningKeys(services, operator);
  const keys = await published();
  expect(keys.keys.map(({ kid }) => kid)).not.toContain(kidOf(old));
  await expect(verify(old, keys)).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
  const hinted = await fetch(`${origin}/session/end?id_token_hint=${old}`);
  expect(hinted.status).toBe(400);
});

test('after 90 days the key rotates by itself, once, however many processes notice', async () => {
  const first = kidOf(await newIdToken());
  clock.advance(89 * day);
  await rotateSigningKeysIfDue(services);
  await published();
  expect(kidOf(await newIdToken())).toBe(first);
  clock.advance(2 * day);
  const rotations = () => services.db('signing_keys').whereNotNull('activated_at');
  const before = (await rotations()).length;
  await Promise.all(Array.from({ length: 5 }, () => rotateSigningKeysIfDue(services)));
  expect((await rotations()).length).toBe(before + 2);
  await published();
  expect(kidOf(await newIdToken())).not.toBe(first);
});

test('tokens keep coming while keys rotate, and each of them verifies', async () => {
  const tokens: string[] = [];
  const rotate = async () => {
    for (let turn = 0; turn < 3; turn += 1) await rotateSigningKeys(services, operator);
  };
  const issue = async () => {
    for (let turn = 0; turn < 4; turn += 1) tokens.push(await newIdToken());
  };
  await Promise.all([rotate(), issue(), issue()]);
  const keys = await published();
  for (const token of tokens) expect((await verify(token, keys)).payload.aud).toBe(app.id);
});

test('private halves lie sealed in the database', async () => {
  const rows = await services.db('signing_keys').select();
  for (const row of rows) {
    expect(row.public_jwk).not.toHaveProperty('d');
    expect(row.sealed_private_jwk).toMatch(/^[\w-]{100,}$/);
  }
});

test('with a SECRET_KEY that opens none of them a process says so in one sentence', async () => {
  const config = { ...services.config, secretKeys: [Buffer.alloc(32, 7)] };
  const loading = loadSigningKeys({ ...services, config });
  await expect(loading).rejects.toBeInstanceOf(StartupError);
  await expect(loading).rejects.toThrow('SECRET_KEY is not the one');
});
