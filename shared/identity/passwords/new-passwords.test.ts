import { hashPassword } from '../../crypto/passwords.js';
import { DomainError } from '../../errors.js';
import { products } from '../../products/index.js';
import { createTestUser, getMailedToken, newAddress, testPassword } from '../../testing/people.js';
import { createTestServices } from '../../testing/services.js';
import { createUser } from '../people/users.js';
import { changePassword } from '../sign-in/password-change.js';
import { requestPasswordReset, resetPassword } from '../sign-in/password-reset.js';
import { signIn } from '../sign-in/sign-in.js';
import { registerUser, signUp } from '../sign-in/sign-up.js';
import { checkNewPassword } from './new-passwords.js';

const { services } = await createTestServices();
const origin = { address: '203.0.113.7' };
const owner = { email: 'grace.hopper@example.com', name: 'Grace Hopper' };

const check = (password: string): string => {
  try {
    checkNewPassword(password, owner);
    return 'allowed';
  } catch (error) {
    if (error instanceof DomainError) return error.data.message ?? '';
    throw error;
  }
};

test.each(['password1', '12345678', 'qwerty123', 'PassWord1', ' iloveyou ', 'ｐａｓｓｗｏｒｄ１'])(
  'the common password "%s" is refused',
  (password) => {
    expect(check(password)).toBe('password is one of the most common passwords: choose another');
  },
);

test('eight spaces, invisible characters and one character repeated are refused', () => {
  for (const password of [' '.repeat(8), '\u00a0'.repeat(9), '\u200b'.repeat(10)]) {
    expect(check(password)).toBe('password must have characters that can be seen');
  }
  for (const password of ['00000000', 'zzzzzzzzzzz', 'aAaAaAaA', '🔑'.repeat(8)]) {
    expect(check(password)).toBe('password must not be one character repeated');
  }
});

test('the own email or name is refused as the whole password, and allowed as a part of it', () => {
  for (const password of ['grace.hopper@example.com', 'Grace.Hopper@Example.COM', 'grace hopper']) {
    expect(check(password)).toBe('password must not be your own name or email');
  }
  expect(check('Grace Hopper found a moth')).toBe('allowed');
});

test('the name of a product is refused as the whole password', () => {
  const names = ['Latchkey', ...products.map(({ name }) => name)].filter((name) => name.length >= 8);
  expect(names.length).toBeGreaterThan(2);
  for (const name of names) expect(check(name)).toBe('password must not be the name of a product');
  expect(check('latchkey under the mat')).toBe('allowed');
});

test('eight characters are enough, counted as people count them', () => {
  expect(check('zq8!vé🗝x')).toBe('allowed');
  expect(check('🔑🗝🚪🏠')).toBe('password must have at least 8 characters');
  expect(check('zq8!v4k')).toBe('password must have at least 8 characters');
});

test('"securepass", with which a documented example registers, is not on the list', () => {
  expect(check('securepass')).toBe('allowed');
});

test('a weak password is refused wherever a password is set, and a reset link stays usable', async () => {
  const weak = (field: string) => ({ code: 'validation', data: { field } });
  const [email, name, password] = [newAddress(), 'Ada', 'password1'];
  await expect(signUp(services, { email, name, password }, origin)).rejects.toMatchObject(weak('password'));
  await expect(registerUser(services, { email, name, password, human: true }, origin)).rejects.toMatchObject(
    weak('password'),
  );
  await expect(createUser(services, { email, name, password })).rejects.toMatchObject(weak('password'));

  const user = await createTestUser(services);
  const change = { userId: user.id, currentPassword: testPassword, newPassword: user.email };
  await expect(changePassword(services, change, origin)).rejects.toMatchObject(weak('new_password'));

  await requestPasswordReset(services, { email: user.email }, origin);
  const token = await getMailedToken(services, user.email);
  for (const bad of [password, user.email]) {
    await expect(resetPassword(services, { token, password: bad }, origin)).rejects.toMatchObject(
      weak('password'),
    );
  }
  await resetPassword(services, { token, password: 'an entirely new one' }, origin);
  await signIn(services, { email: user.email, password: 'an entirely new one' }, origin);
});

test('who has a weak password from before still signs in with it', async () => {
  const user = await createTestUser(services);
  const other = await createTestUser(services);
  const hash = await hashPassword({ bcryptCost: 4 }, 'password1');
  await services.db('users').where({ id: user.id }).update({ password_hash: hash });
  await expect(signIn(services, { email: user.email, password: 'password1' }, origin)).resolves.toMatchObject(
    { id: user.id },
  );
  await expect(signIn(services, { email: other.email, password: 'password1' }, origin)).rejects.toMatchObject(
    { code: 'wrong_password' },
  );
});
