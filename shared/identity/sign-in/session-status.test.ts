import { getProduct } from '../../products/index.js';
import { createTestServices } from '../../testing/services.js';
import { createUser } from '../people/users.js';
import { issueSessionJwt, type SessionClaims, verifySessionJwt } from './session-jwts.js';
import { endSessionJwt, findSessionStatus, isSessionActive, jwtSubjects } from './session-status.js';

const { services } = await createTestServices();
const agenthuman = getProduct('agenthuman');
const user = await createUser(services, { email: 'ada@example.com', name: 'Ada', verified: true });

async function issueClaims(): Promise<SessionClaims> {
  const { token } = await issueSessionJwt(services, agenthuman, { user, role: 'user' });
  const response = await verifySessionJwt(services, agenthuman, token);
  if ('problem' in response) throw new Error(response.problem);
  return response.claims;
}

const stands = async (claims: SessionClaims) =>
  isSessionActive(claims, await findSessionStatus(services, claims));

test('a fresh token stands', async () => {
  const claims = await issueClaims();
  expect(await findSessionStatus(services, claims)).toEqual({
    accountStatus: 'active',
    tokenVersion: 1,
    ended: false,
  });
  expect(await stands(claims)).toBe(true);
});

test('signing out ends this token and no other', async () => {
  const [one, two] = [await issueClaims(), await issueClaims()];
  await endSessionJwt(services, agenthuman, one);
  expect(await stands(one)).toBe(false);
  expect(await stands(two)).toBe(true);
});

test('signing out twice, or fifty times at once, is one event', async () => {
  const claims = await issueClaims();
  await Promise.all(Array.from({ length: 50 }, () => endSessionJwt(services, agenthuman, claims)));
  const events = await services.db('audit_events').where({ action: 'jwt.ended', credential_id: claims.jti });
  expect(events).toHaveLength(1);
});

test('a token of an older version, of a disabled person or of nobody does not stand', async () => {
  const claims = await issueClaims();
  const standing = { accountStatus: 'active', tokenVersion: 1, ended: false } as const;
  expect(isSessionActive(claims, standing)).toBe(true);
  expect(isSessionActive(claims, { ...standing, tokenVersion: 2 })).toBe(false);
  expect(isSessionActive(claims, { ...standing, accountStatus: 'disabled' })).toBe(false);
  expect(isSessionActive(claims, { ...standing, accountStatus: 'erased' })).toBe(false);
  expect(isSessionActive(claims, { ...standing, ended: true })).toBe(false);
  expect(await findSessionStatus(services, { userId: 'nobody', jti: claims.jti })).toBeUndefined();
  expect(isSessionActive(claims, undefined)).toBe(false);
});

test('a cached standing depends on the account and on the token itself', async () => {
  const claims = await issueClaims();
  expect(jwtSubjects(claims)).toEqual([
    { kind: 'account', id: user.id },
    { kind: 'token', id: claims.jti },
  ]);
});
