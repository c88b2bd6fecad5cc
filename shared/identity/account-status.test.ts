import { createTestUser, listAuditActions, testPassword } from '../testing/people.js';
import { createTestServices } from '../testing/services.js';
import { createSignIns } from '../testing/sign-ins.js';
import { disableUser, enableUser } from './account-status.js';
import { findUserById, renameUser } from './people/users.js';
import { signIn } from './sign-in/sign-in.js';

const { services } = await createTestServices();
const operator = { kind: 'operator', id: 'cli' } as const;
const none = { session: false, jwt: false, grant: false, accessToken: false };

test('disabling ends every sign-in at once, and enabling brings none of them back', async () => {
  const user = await createTestUser(services);
  const signIns = await createSignIns(services, user);
  await disableUser(services, user.id, operator);
  expect(await signIns.held()).toEqual(none);
  const attempt = { email: user.email, password: testPassword };
  await expect(signIn(services, attempt, {})).rejects.toMatchObject({ code: 'wrong_password' });
  await enableUser(services, user.id, operator);
  expect(await signIns.held()).toEqual(none);
  await expect(signIn(services, attempt, {})).resolves.toMatchObject({ id: user.id });
});

test('doing it twice is one event each', async () => {
  const { id } = await createTestUser(services);
  await Promise.all([1, 2, 3].map(() => disableUser(services, id, operator)));
  await Promise.all([1, 2, 3].map(() => enableUser(services, id, operator)));
  expect(await listAuditActions(services, id)).toEqual(['user.created', 'user.disabled', 'user.enabled']);
  expect(await findUserById(services, id)).toMatchObject({ status: 'active', tokenVersion: 2 });
});

test('nobody cannot be switched off', async () => {
  await expect(disableUser(services, 'nobody', operator)).rejects.toMatchObject({ code: 'not_found' });
  await expect(enableUser(services, 'nobody', operator)).rejects.toMatchObject({ code: 'not_found' });
});

test('a name can be changed by whoever is there', async () => {
  const user = await createTestUser(services);
  const person = { kind: 'person', id: user.id } as const;
  await renameUser(services, { userId: user.id, name: ' Grace ' }, person);
  expect((await findUserById(services, user.id))?.name).toBe('Grace');
  await expect(renameUser(services, { userId: user.id, name: '' }, person)).rejects.toMatchObject({
    code: 'validation',
  });
  await disableUser(services, user.id, operator);
  await expect(renameUser(services, { userId: user.id, name: 'Eve' }, person)).rejects.toMatchObject({
    code: 'not_found',
  });
});
