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
import { findUserByEmail, getUserByEmail } from '../people/users.js';
import { resetPassword } from './password-reset.js';
import { signIn } from './sign-in.js';
import { registerUser, resendVerification, signUp, verifyEmail } from './sign-up.js';

const { services, clock } = await createTestServices({ databasePoolSize: 40 });
const origin = {
  address: '203.0.113.7',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
};
const hourMs = 3_600_000;
const name = 'Ada';
const password = testPassword;

const isVerified = async (email: string) => (await getUserByEmail(services, email)).emailVerifiedAt !== null;

test('who signs up gets a link, and whoever opens it has confirmed the address', async () => {
  const email = newAddress();
  await signUp(services, { email, name, password, human: true }, origin);
  expect(await isVerified(email)).toBe(false);
  const mail = await getNewestMail(services, email);
  expect(mail.subject).toBe('Confirm your email address');
  expect(mail.links[0]).toMatch(new RegExp(`^${services.config.issuer}/verify\\?token=[\\w-]{43}$`));
  expect(mail.code).toMatch(/^\d{6}$/);
  const response = await verifyEmail(services, await getMailedToken(services, email), origin);
  expect(response).toMatchObject({ user: { email, emailVerifiedAt: expect.any(Date) } });
  const { id } = await getUserByEmail(services, email);
  expect(await services.db('humans').where({ id })).toHaveLength(1);
  expect(await listAuditActions(services, id)).toEqual(['user.created', 'user.email_verified']);
});

test('the mail says who asked and from where, in words that nobody could choose', async () => {
  const email = newAddress();
  const evil = { ...origin, userAgent: 'https://evil.example/ <b>Firefox/1</b> Windows' };
  await signUp(services, { email, name: 'Visit https://evil.example', password }, evil);
  const { text } = await getNewestMail(services, email);
  expect(text).toContain('from 203.0.113.7 (Firefox on Windows)');
  expect(text).toMatch(/Asked for on \d+ \w+ \d{4} at \d\d:\d\d UTC/);
  expect(text).toContain('If it was not you');
  expect(text).not.toContain('evil.example');
});

test('a product can have the link lead to a page of its own, and to where the person was going', async () => {
  const [worker, visitor] = [newAddress(), newAddress()];
  const page = 'http://localhost:4000/api/v1/worker/verify';
  await registerUser(services, { email: worker, name, password }, origin, { page });
  expect((await getNewestMail(services, worker)).links[0]).toMatch(
    /^http:\/\/localhost:4000\/api\/v1\/worker\/verify\?token=[\w-]{43}$/,
  );
  await signUp(services, { email: visitor, name, password }, origin, { returnTo: '/console?tab=1' });
  expect((await getNewestMail(services, visitor)).links[0]).toMatch(/&return_to=%2Fconsole%3Ftab%3D1$/);
});

test('signing up with a known address looks the same from outside and tells its owner by mail', async () => {
  const known = await createTestUser(services);
  const before = await services.db('users').where({ id: known.id }).first();
  const responses = [
    await signUp(services, { email: newAddress(), name, password }, origin),
    await signUp(services, { email: known.email.toUpperCase(), name, password: 'another secret' }, origin),
  ];
  expect(responses).toEqual([undefined, undefined]);
  expect(await services.db('users').where({ id: known.id }).first()).toEqual(before);
  const mail = await getNewestMail(services, known.email);
  expect(mail.subject).toBe('You already have an account');
  expect(mail.links).toContain(`${services.config.issuer}/signin`);
  expect(mail.text).not.toContain('token=');
});

test('a product that says so refuses a known address and leaves it alone', async () => {
  const known = await createTestUser(services);
  const again = { email: known.email, name, password: 'another secret' };
  await expect(registerUser(services, again, origin)).rejects.toMatchObject({ code: 'already_registered' });
  expect(await listSubjects(services, known.email)).toEqual([]);
  await expect(signIn(services, { email: known.email, password }, origin)).resolves.toBeDefined();
});

test('who signed up first with an address that is not theirs gains nothing when its owner comes', async () => {
  const email = newAddress();
  await signUp(services, { email, name: 'Mallory', password: 'known to mallory' }, origin);
  await signUp(services, { email, name, password }, origin);
  expect(await listSubjects(services, email)).toEqual(['Confirm your email address', 'Finish your sign-up']);
  const token = await getMailedToken(services, email);
  expect(await resetPassword(services, { token, password }, origin)).toHaveProperty('user');
  expect(await isVerified(email)).toBe(true);
  await expect(signIn(services, { email, password }, origin)).resolves.toMatchObject({ email });
  await expect(signIn(services, { email, password: 'known to mallory' }, origin)).rejects.toMatchObject({
    code: 'wrong_password',
  });
});

test('twenty sign-ups with one address at once make one person', async () => {
  const email = newAddress();
  await Promise.all(Array.from({ length: 20 }, () => signUp(services, { email, name, password }, origin)));
  expect(await services.db('users').where({ email })).toHaveLength(1);
});

test('fifty openings of the link at once confirm once', async () => {
  const email = newAddress();
  await signUp(services, { email, name, password }, origin);
  const token = await getMailedToken(services, email);
  const responses = await Promise.all(Array.from({ length: 50 }, () => verifyEmail(services, token, {})));
  expect(responses.filter((response) => 'user' in response)).toHaveLength(1);
  expect(responses.filter((response) => 'problem' in response && response.problem === 'used')).toHaveLength(
    49,
  );
  const { id } = await getUserByEmail(services, email);
  const events = await listAuditActions(services, id);
  expect(events.filter((action) => action === 'user.email_verified')).toHaveLength(1);
});

test('the link lasts 24 hours, and a new one takes its place', async () => {
  const email = newAddress();
  await signUp(services, { email, name, password }, origin);
  const first = await getMailedToken(services, email);
  clock.advance(25 * hourMs);
  expect(await verifyEmail(services, first, origin)).toEqual({ problem: 'expired' });
  await resendVerification(services, { email }, origin);
  expect(await verifyEmail(services, first, origin)).toEqual({ problem: 'unknown' });
  expect(await verifyEmail(services, await getMailedToken(services, email), origin)).toHaveProperty('user');
});

test('asking for the link again answers the same for everyone and reaches only who needs it', async () => {
  const [waiting, done, off] = [
    await createTestUser(services, { verified: false }),
    await createTestUser(services),
    await createTestUser(services, { verified: false }),
  ];
  await disableUser(services, off.id, { kind: 'operator', id: 'cli' });
  const unknown = newAddress();
  for (const email of [waiting.email, done.email, off.email, unknown]) {
    expect(await resendVerification(services, { email }, origin)).toBeUndefined();
  }
  expect(await listSubjects(services, waiting.email)).toEqual(['Confirm your email address']);
  for (const email of [done.email, off.email, unknown]) {
    expect(await listDevelopmentMails(services, { to: email })).toEqual([]);
  }
});

test('a link confirms nothing once the person is disabled', async () => {
  const email = newAddress();
  await signUp(services, { email, name, password }, origin);
  const token = await getMailedToken(services, email);
  const { id } = await getUserByEmail(services, email);
  await disableUser(services, id, { kind: 'operator', id: 'cli' });
  expect(await verifyEmail(services, token, origin)).toEqual({ problem: 'unknown' });
  expect(await isVerified(email)).toBe(false);
});

test('what cannot be signed up with is refused by field, whether the address is known or not', async () => {
  const known = await createTestUser(services);
  const refused: Array<[string, object]> = [
    ['email', { email: 'nobody' }],
    ['email', { email: 'a b@example.com' }],
    ['email', { email: 'https://evil.example/x@example.com' }],
    ['email', { email: 'x@example.com/path' }],
    ['email', { email: '"x"@example.com' }],
    ['email', { email: 'x\0@example.com' }],
    ['email', { email: `${'x'.repeat(65)}@example.com` }],
    ['email', { email: `x@${'x'.repeat(260)}.com` }],
    ['name', { name: ' ' }],
    ['name', { name: 'x'.repeat(101) }],
    ['name', { name: 'a\0b' }],
    ['password', { password: 'short' }],
    ['password', { password: 'x'.repeat(73) }],
    ['password', { password: 'contains\0nul' }],
  ];
  for (const [field, wrong] of refused) {
    for (const email of [known.email, newAddress()]) {
      await expect(signUp(services, { email, name, password, ...wrong }, origin)).rejects.toMatchObject({
        code: 'validation',
        data: { field },
      });
    }
  }
  expect(await findUserByEmail(services, 'x\0@example.com')).toBeUndefined();
});

test('addresses of every script and with every usual sign are welcome', async () => {
  for (const email of [
    "o'hara+tag/x@sub.example.co",
    'dev@localhost',
    'ñandú@ejemplo.es',
    '用户@例子.广告',
  ]) {
    await signUp(services, { email: ` ${email} `, name, password }, origin);
    expect((await getUserByEmail(services, email)).email).toBe(email);
  }
});
