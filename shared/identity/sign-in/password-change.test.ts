import {
  createTestUser,
  getMailedToken,
  listAuditActions,
  listSubjects,
  testPassword,
} from '../../testing/people.js';
import { createTestServices } from '../../testing/services.js';
import { createSignIns } from '../../testing/sign-ins.js';
import { disableUser } from '../account-status.js';
import { changePassword } from './password-change.js';
import { requestPasswordReset, resetPassword } from './password-reset.js';
import { signIn } from './sign-in.js';

const { services } = await createTestServices({ databasePoolSize: 20 });
const origin = { address: '203.0.113.7' };
const currentPassword = testPassword;
const newPassword = 'an entirely new one';

test('a new password ends other browsers, JWTs and connected apps, and keeps the browser that asks', async () => {
  const user = await createTestUser(services);
  const [here, elsewhere] = [await createSignIns(services, user), await createSignIns(services, user)];
  const all = { session: true, jwt: true, grant: true, accessToken: true };
  expect([await here.held(), await elsewhere.held()]).toEqual([all, all]);
  const { sessionUid } = here;
  const changed = await changePassword(
    services,
    { userId: user.id, currentPassword, newPassword, sessionUid },
    origin,
  );
  expect(changed.tokenVersion).toBe(2);
  const none = { session: false, jwt: false, grant: false, accessToken: false };
  expect([await here.held(), await elsewhere.held()]).toEqual([{ ...none, session: true }, none]);
  await expect(signIn(services, { email: user.email, password: newPassword }, origin)).resolves.toBeDefined();
  expect(await listSubjects(services, user.email)).toEqual(['Your password was changed']);
  expect(await listAuditActions(services, user.id)).toContain('user.password_changed');
});

test('a reset ends every browser too', async () => {
  const user = await createTestUser(services);
  const signIns = await createSignIns(services, user);
  await requestPasswordReset(services, { email: user.email }, origin);
  const token = await getMailedToken(services, user.email);
  await resetPassword(services, { token, password: newPassword }, origin);
  expect(await signIns.held()).toEqual({ session: false, jwt: false, grant: false, accessToken: false });
});

test('nobody else is signed out', async () => {
  const [user, other] = [await createTestUser(services), await createTestUser(services)];
  const signIns = await createSignIns(services, other);
  await changePassword(services, { userId: user.id, currentPassword, newPassword }, origin);
  expect(await signIns.held()).toEqual({ session: true, jwt: true, grant: true, accessToken: true });
});

test('a wrong current password changes nothing', async () => {
  const user = await createTestUser(services);
  const signIns = await createSignIns(services, user);
  const attempt = { userId: user.id, currentPassword: 'wrong password', newPassword };
  await expect(changePassword(services, attempt, origin)).rejects.toMatchObject({ code: 'wrong_password' });
  expect((await signIns.held()).jwt).toBe(true);
});

test('a new password that cannot be one is refused by its field', async () => {
  const { id: userId } = await createTestUser(services);
  for (const unusable of ['short', 'x'.repeat(73), 'contains\0nul']) {
    await expect(
      changePassword(services, { userId, currentPassword, newPassword: unusable }, origin),
    ).rejects.toMatchObject({ code: 'validation', data: { field: 'new_password' } });
  }
});

test('of twenty changes at once with the same old password one succeeds, and its password is the one', async () => {
  const user = await createTestUser(services);
  const passwords = Array.from({ length: 20 }, (_, at) => `password number ${at}`);
  const responses = await Promise.allSettled(
    passwords.map((password) =>
      changePassword(services, { userId: user.id, currentPassword, newPassword: password }, origin),
    ),
  );
  const winners = passwords.filter((_, at) => responses[at]?.status === 'fulfilled');
  expect(winners).toHaveLength(1);
  const attempt = { email: user.email, password: winners[0] ?? '' };
  await expect(signIn(services, attempt, origin)).resolves.toMatchObject({ tokenVersion: 2 });
});

test('a link for a forgotten password dies with the password it was for', async () => {
  const user = await createTestUser(services);
  await requestPasswordReset(services, { email: user.email }, origin);
  const token = await getMailedToken(services, user.email);
  await changePassword(services, { userId: user.id, currentPassword, newPassword }, origin);
  expect(await resetPassword(services, { token, password: 'by whoever has it' }, origin)).toEqual({
    problem: 'unknown',
  });
});

test('someone who has no password is told how to get one, and someone disabled nothing', async () => {
  const [none, off] = [await createTestUser(services), await createTestUser(services)];
  await services.db('users').where({ id: none.id }).update({ password_hash: null });
  await disableUser(services, off.id, { kind: 'operator', id: 'cli' });
  const attempt = (userId: string) =>
    changePassword(services, { userId, currentPassword, newPassword }, origin);
  await expect(attempt(none.id)).rejects.toMatchObject({ code: 'validation', data: { field: 'password' } });
  await expect(attempt(off.id)).rejects.toMatchObject({ code: 'wrong_password' });
  await expect(attempt('nobody')).rejects.toMatchObject({ code: 'wrong_password' });
});
