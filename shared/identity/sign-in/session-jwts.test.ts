import { createHmac, randomBytes } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { purposeKeys } from '../../crypto/secrets.js';
import { getProduct } from '../../products/index.js';
import type { Services } from '../../services.js';
import { createTestServices } from '../../testing/services.js';
import { issueSessionJwt, verifySessionJwt } from './session-jwts.js';

const { services, clock } = await createTestServices();
const humanping = getProduct('humanping');
const hitl = getProduct('hitl');
const user = { id: '65f1234567890abcdef12346', tokenVersion: 3 };

const issue = async (from: Services = services) =>
  (await issueSessionJwt(from, humanping, { user, role: 'worker' })).token;

const withSecrets = (...secretKeys: Buffer[]): Services => ({
  ...services,
  config: { ...services.config, secretKeys },
});

const decode = (part: string | undefined) => JSON.parse(Buffer.from(part ?? '', 'base64url').toString());
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token whose header and claims are changed and which is then signed with our own key. */
async function forge(header: object, claims: object): Promise<string> {
  const [head, body] = (await issue()).split('.');
  const signed = `${encode({ ...decode(head), ...header })}.${encode({ ...decode(body), ...claims })}`;
  const [key = Buffer.alloc(0)] = purposeKeys(services.config, 'jwt');
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
}

test('a token names the person, the role and the version it was issued under', async () => {
  const { token, expiresInSeconds } = await issueSessionJwt(services, humanping, { user, role: 'worker' });
  expect(expiresInSeconds).toBe(7 * 86_400);
  const response = await verifySessionJwt(services, humanping, token);
  expect(response).toEqual({
    claims: {
      userId: user.id,
      role: 'worker',
      tokenVersion: 3,
      jti: expect.any(String),
      issuedAt: expect.any(Number),
      expiresAt: expect.any(Number),
    },
  });
});

test('the head is the one that clients of HumanPing know, and the claims carry nothing personal', async () => {
  const token = await issue();
  expect(token.startsWith('eyJhbGciOiJIUzI1NiIs')).toBe(true);
  expect(decode(token.split('.')[1])).toEqual({
    iss: services.config.issuer,
    aud: 'humanping',
    sub: `usr_${user.id}`,
    iat: expect.any(Number),
    exp: expect.any(Number),
    jti: expect.any(String),
    ver: 3,
    role: 'worker',
  });
});

test('two tokens never share a jti', async () => {
  const [one, two] = [await issue(), await issue()].map((token) => decode(token.split('.')[1]).jti);
  expect(one).not.toBe(two);
});

test('a token made under our own key but with foreign contents is refused for the right reason', async () => {
  const verify = async (header: object, claims: object) =>
    verifySessionJwt(services, humanping, await forge(header, claims));
  expect(await verify({}, {})).toHaveProperty('claims');
  expect(await verify({}, { aud: 'hitl' })).toEqual({ problem: 'wrong_audience' });
  expect(await verify({}, { aud: undefined })).toEqual({ problem: 'wrong_audience' });
  expect(await verify({}, { iss: 'https://evil.example' })).toEqual({ problem: 'wrong_issuer' });
  expect(await verify({ typ: 'JWT' }, {})).toEqual({ problem: 'wrong_type' });
  expect(await verify({ typ: 'at+jwt' }, {})).toEqual({ problem: 'wrong_type' });
  expect(await verify({ typ: undefined }, {})).toEqual({ problem: 'wrong_type' });
  expect(await verify({ kid: 'other' }, {})).toEqual({ problem: 'unknown_key' });
  expect(await verify({ kid: '../../etc/passwd' }, {})).toEqual({ problem: 'unknown_key' });
  expect(await verify({ kid: undefined }, {})).toEqual({ problem: 'unknown_key' });
  expect(await verify({ alg: 'HS512' }, {})).toEqual({ problem: 'wrong_algorithm' });
  expect(await verify({ crit: ['exp'] }, {})).toEqual({ problem: 'malformed' });
  expect(await verify({}, { exp: undefined })).toEqual({ problem: 'bad_claims' });
  expect(await verify({}, { jti: undefined })).toEqual({ problem: 'bad_claims' });
  expect(await verify({}, { nbf: clock.seconds() + 60 })).toEqual({ problem: 'bad_claims' });
  expect(await verify({}, { ver: '3' })).toEqual({ problem: 'bad_claims' });
  expect(await verify({}, { role: 'operator' })).toEqual({ problem: 'bad_claims' });
  expect(await verify({}, { sub: user.id })).toEqual({ problem: 'bad_claims' });
});

test('a token of one product is worth nothing at another', async () => {
  expect(await verifySessionJwt(services, hitl, await issue())).toEqual({ problem: 'wrong_audience' });
});

test('an unsigned token is refused', async () => {
  const [, body] = (await issue()).split('.');
  const unsecured = new UnsecuredJWT(decode(body)).encode();
  expect(await verifySessionJwt(services, humanping, unsecured)).toHaveProperty('problem');
  const [head] = (await forge({ alg: 'none' }, {})).split('.');
  expect(await verifySessionJwt(services, humanping, `${head}.${body}.`)).toEqual({
    problem: 'wrong_algorithm',
  });
});

test('a token signed with another key is refused, whatever kid it claims', async () => {
  const [head, body] = (await issue()).split('.');
  const sign = (key: Buffer) => createHmac('sha256', key).update(`${head}.${body}`).digest('base64url');
  const forged = `${head}.${body}.${sign(randomBytes(32))}`;
  expect(await verifySessionJwt(services, humanping, forged)).toEqual({ problem: 'bad_signature' });
  const foreign = await issue(withSecrets(randomBytes(32)));
  expect(await verifySessionJwt(services, humanping, foreign)).toEqual({ problem: 'unknown_key' });
});

test('keys that the token brings along are not looked at', async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwk = await exportJWK(publicKey);
  const claims = decode((await issue()).split('.')[1]);
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES256', typ: 'session+jwt', jwk, jku: 'https://evil.example/jwks' })
    .sign(privateKey);
  expect(await verifySessionJwt(services, humanping, token)).toEqual({ problem: 'wrong_algorithm' });
});

test('nonsense is refused without an exception', async () => {
  for (const nonsense of ['', '.', '..', 'a.b.c', '\0', 'é.é.é', `${'x'.repeat(5000)}.y.z`, '{}']) {
    expect(await verifySessionJwt(services, humanping, nonsense)).toEqual({ problem: 'malformed' });
  }
});

test('changing any one character of a token ends it', async () => {
  const token = await issue();
  for (let at = 0; at < token.length - 1; at += 7) {
    const other = token.charAt(at) === 'A' ? 'B' : 'A';
    const changed = token.slice(0, at) + other + token.slice(at + 1);
    expect(await verifySessionJwt(services, humanping, changed)).toHaveProperty('problem');
  }
});

test('a new SECRET_KEY in front of the list signs, and the old one goes on verifying until it is taken out', async () => {
  const [before] = services.config.secretKeys;
  if (!before) throw new Error('the test configuration has a secret key');
  const newest = randomBytes(32);
  const old = await issue();
  const rotated = withSecrets(newest, before);
  expect(await verifySessionJwt(rotated, humanping, old)).toHaveProperty('claims');
  const fresh = await issue(rotated);
  expect(decode(fresh.split('.')[0]).kid).not.toBe(decode(old.split('.')[0]).kid);
  expect(await verifySessionJwt(withSecrets(newest), humanping, fresh)).toHaveProperty('claims');
  expect(await verifySessionJwt(withSecrets(newest), humanping, old)).toEqual({ problem: 'unknown_key' });
});

test('a token is good for seven days to the second, and no longer', async () => {
  const token = await issue();
  clock.advance((7 * 86_400 - 2) * 1000);
  expect(await verifySessionJwt(services, humanping, token)).toHaveProperty('claims');
  clock.advance(2000);
  expect(await verifySessionJwt(services, humanping, token)).toEqual({ problem: 'expired' });
});
