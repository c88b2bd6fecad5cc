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
import { createSignIns } from '../../testing/sign-ins.js';
import { findUserById, getUserByEmail, type User } from '../people/users.js';
import { confirmEmailChange, findPendingEmail, requestEmailChange } from './email-change.js';
import { changePassword } from './password-change.js';
import { requestPasswordReset, resetPassword } from './password-reset.js';
import { signIn } from './sign-in.js';

const { services, clock } = await createTestServices({ databasePoolSize: 40 });
const origin = { address: '203.0.113.7' };
const password = testPassword;

async function ask(user: User, newEmail: string): Promise<void> {
  await requestEmailChange(services, { userId: user.id, password, newEmail }, origin);
}

test('the new address becomes the one of the account when its link is opened, and the old one is told twice', async () => {
  const [user, newEmail] = [await createTestUser(services), newAddress()];
  await ask(user, newEmail);
  expect(await findPendingEmail(services, user.id)).toBe(newEmail);
  expect((await findUserById(services, user.id))?.email).toBe(user.email);
  const token = await getMailedToken(services, newEmail);
  expect((await getNewestMail(services, newEmail)).links[0]).toBe(
    `${services.config.issuer}/verify/change?token=${token}`,
  );
  const response = await confirmEmailChange(services, { token }, origin);
  expect(response).toMatchObject({ user: { id: user.id, email: newEmail, tokenVersion: 2 } });
  expect(await findPendingEmail(services, user.id)).toBeUndefined();
  expect(await listSubjects(services, user.email)).toEqual([
    'Your email address is about to change',
    'Your email address was changed',
  ]);
  expect((await getNewestMail(services, user.email)).text).toContain(newEmail);
  await expect(signIn(services, { email: newEmail, password }, origin)).resolves.toBeDefined();
  await expect(signIn(services, { email: user.email, password }, origin)).rejects.toBeDefined();
  expect(await listAuditActions(services, user.id)).toEqual(
    expect.arrayContaining(['user.email_change_requested', 'user.email_changed']),
  );
});

test('it signs out everywhere but where it was confirmed, and leaves connected apps', async () => {
  const [user, newEmail] = [await createTestUser(services), newAddress()];
  const [here, elsewhere] = [await createSignIns(services, user), await createSignIns(services, user)];
  await ask(user, newEmail);
  const token = await getMailedToken(services, newEmail);
  await confirmEmailChange(services, { token, sessionUid: here.sessionUid }, origin);
  const ended = { session: false, jwt: false, grant: true, accessToken: true };
  expect([await here.held(), await elsewhere.held()]).toEqual([{ ...ended, session: true }, ended]);
});

test('an address that another account has is not given away: only its owner hears of it', async () => {
  const [user, owner] = [await createTestUser(services), await createTestUser(services)];
  await ask(user, owner.email.toUpperCase());
  expect(await listSubjects(services, owner.email)).toEqual(['This address has an account already']);
  expect(await listSubjects(services, user.email)).toEqual(['Your email address is about to change']);
  expect((await getNewestMail(services, owner.email)).text).not.toContain('token=');
});

test('when two want the same address, the first to confirm has it', async () => {
  const newEmail = newAddress();
  const [first, second] = [await createTestUser(services), await createTestUser(services)];
  await ask(first, newEmail);
  const early = await getMailedToken(services, newEmail);
  await ask(second, newEmail);
  const late = await getMailedToken(services, newEmail);
  expect(await confirmEmailChange(services, { token: late }, origin)).toHaveProperty('user');
  expect(await confirmEmailChange(services, { token: early }, origin)).toEqual({ problem: 'taken' });
  expect((await getUserByEmail(services, newEmail)).id).toBe(second.id);
});

test('of fifty openings at once by different callers one changes it', async () => {
  const [user, newEmail] = [await createTestUser(services), newAddress()];
  await ask(user, newEmail);
  const token = await getMailedToken(services, newEmail);
  const responses = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      confirmEmailChange(services, { token }, { address: `203.0.113.${index}` }),
    ),
  );
  expect(responses.filter((response) => 'user' in response)).toHaveLength(1);
  expect((await findUserById(services, user.id))?.tokenVersion).toBe(2);
});

test('the owner who was told can stop it with a new password', async () => {
  const [user, newEmail] = [await createTestUser(services), newAddress()];
  await ask(user, newEmail);
  const token = await getMailedToken(services, newEmail);
  const input = { userId: user.id, currentPassword: password, newPassword: 'an entirely new one' };
  await changePassword(services, input, origin);
  expect(await confirmEmailChange(services, { token }, origin)).toEqual({ problem: 'unknown' });
});

test('a link for a forgotten password that lies in the old mailbox is void afterwards', async () => {
  const [user, newEmail] = [await createTestUser(services), newAddress()];
  await requestPasswordReset(services, { email: user.email }, origin);
  const reset = await getMailedToken(services, user.email);
  await ask(user, newEmail);
  await confirmEmailChange(services, { token: await getMailedToken(services, newEmail) }, origin);
  expect(await resetPassword(services, { token: reset, password: 'by whoever has it' }, origin)).toEqual({
    problem: 'unknown',
  });
});

test('the link lasts 24 hours', async () => {
  const [user, newEmail] = [await createTestUser(services), newAddress()];
  await ask(user, newEmail);
  const token = await getMailedToken(services, newEmail);
  clock.advance(25 * 3_600_000);
  expect(await findPendingEmail(services, user.id)).toBeUndefined();
  expect(await confirmEmailChange(services, { token }, origin)).toEqual({ problem: 'expired' });
});

test('it takes the password, and an address that is one and is another', async () => {
  const user = await createTestUser(services);
  const attempt = (input: object) =>
    requestEmailChange(services, { userId: user.id, password, newEmail: newAddress(), ...input }, origin);
  await expect(attempt({ password: 'wrong password' })).rejects.toMatchObject({ code: 'wrong_password' });
  for (const newEmail of ['nobody', user.email]) {
    await expect(attempt({ newEmail })).rejects.toMatchObject({
      code: 'validation',
      data: { field: 'new_email' },
    });
  }
});

test('another spelling of the same email is no change', async () => {
  const user = await createTestUser(services);
  await expect(ask(user, user.email.toUpperCase())).rejects.toMatchObject({ code: 'validation' });
  expect(await listSubjects(services, user.email)).toEqual([]);
});
