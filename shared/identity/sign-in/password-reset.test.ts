import { listDevelopmentMails } from '../../mail/development.js';
import {
  createTestUser,
  getMailedToken,
  getNewestMail,
  listAuditActions,
  listSubjects,
  newAddress,
  testPassword,
} from '../../testing/people.js';
import { createTestServices } from '../../testing/services.js';
import { disableUser } from '../account-status.js';
import { getUserByEmail } from '../people/users.js';
import { findEmailLink } from './email-links.js';
import { requestPasswordReset, resetPassword } from './password-reset.js';
import { signIn } from './sign-in.js';

const { services, clock } = await createTestServices({ databasePoolSize: 40 });
const origin = { address: '203.0.113.7' };
const operator = { kind: 'operator', id: 'cli' } as const;
const fresh = 'an entirely new one';

async function askForLink(email: string): Promise<string> {
  await requestPasswordReset(services, { email }, origin);
  return getMailedToken(services, email);
}

test('a forgotten password is replaced by the link in the mail, once', async () => {
  const { id, email } = await createTestUser(services);
  const token = await askForLink(email);
  expect((await getNewestMail(services, email)).links[0]).toBe(
    `${services.config.issuer}/reset?token=${token}`,
  );
  const response = await resetPassword(services, { token, password: fresh }, origin);
  expect(response).toMatchObject({ user: { id, tokenVersion: 2 } });
  expect(await resetPassword(services, { token, password: 'and once again' }, origin)).toEqual({
    problem: 'used',
  });
  await expect(signIn(services, { email, password: fresh }, origin)).resolves.toMatchObject({ id });
  await expect(signIn(services, { email, password: testPassword }, origin)).rejects.toMatchObject({
    code: 'wrong_password',
  });
  expect(await listSubjects(services, email)).toEqual(['Choose a new password', 'Your password was changed']);
  expect((await listAuditActions(services, id)).slice(1, 3)).toEqual([
    'user.password_reset_requested',
    'user.password_reset',
  ]);
});

test('asking answers the same for everyone and writes only to who has an account', async () => {
  const off = await createTestUser(services);
  await disableUser(services, off.id, operator);
  const addresses = [(await createTestUser(services)).email, newAddress(), off.email];
  const responses = await Promise.all(
    addresses.map((email) => requestPasswordReset(services, { email }, origin)),
  );
  expect(responses).toEqual([undefined, undefined, undefined]);
  const counts = await Promise.all(
    addresses.map(async (to) => (await listDevelopmentMails(services, { to })).length),
  );
  expect(counts).toEqual([1, 0, 0]);
});

test('fifty uses of the link at once set one password', async () => {
  const { email } = await createTestUser(services);
  const token = await askForLink(email);
  const passwords = Array.from({ length: 50 }, (_, at) => `password number ${at}`);
  const responses = await Promise.all(
    passwords.map((password) => resetPassword(services, { token, password }, origin)),
  );
  const winners = passwords.filter((_, at) => 'user' in (responses[at] ?? {}));
  expect(winners).toHaveLength(1);
  await expect(signIn(services, { email, password: winners[0] ?? '' }, origin)).resolves.toBeDefined();
});

test('a password that cannot be used leaves the link as it is', async () => {
  const { email } = await createTestUser(services);
  const token = await askForLink(email);
  await expect(resetPassword(services, { token, password: 'short' }, origin)).rejects.toMatchObject({
    code: 'validation',
  });
  expect(await findEmailLink(services, 'reset_password', token)).toMatchObject({ link: { email } });
  expect(await resetPassword(services, { token, password: fresh }, origin)).toHaveProperty('user');
});

test('the link is good for thirty minutes', async () => {
  const { email } = await createTestUser(services);
  const token = await askForLink(email);
  clock.advance(30 * 60_000 + 1);
  expect(await resetPassword(services, { token, password: fresh }, origin)).toEqual({ problem: 'expired' });
});

test('whoever reads the mail has confirmed the address', async () => {
  const { email } = await createTestUser(services, { verified: false });
  const token = await askForLink(email);
  await resetPassword(services, { token, password: fresh }, origin);
  expect((await getUserByEmail(services, email)).emailVerifiedAt).not.toBeNull();
});

test('someone without a password can choose their first one', async () => {
  const { id, email } = await createTestUser(services);
  await services.db('users').where({ id }).update({ password_hash: null });
  const token = await askForLink(email);
  expect(await resetPassword(services, { token, password: fresh }, origin)).toHaveProperty('user');
});

test('disabling a person voids the link, and enabling them does not bring it back', async () => {
  const { id, email } = await createTestUser(services);
  const token = await askForLink(email);
  await disableUser(services, id, operator);
  expect(await resetPassword(services, { token, password: fresh }, origin)).toEqual({ problem: 'unknown' });
});
