import { findPlan } from '../../shared/identity/people/plans.js';
import { getUserByEmail } from '../../shared/identity/people/users.js';
import { getProduct } from '../../shared/products/index.js';
import { createTestUser, listAuditActions } from '../../shared/testing/people.js';
import { createTestServices } from '../../shared/testing/services.js';
import { createSignIns } from '../../shared/testing/sign-ins.js';
import { runCli } from '../testing/cli.js';

const { services } = await createTestServices();
const user = await createTestUser(services);
const id = `usr_${user.id}`;

const run = (verb: string, ...args: string[]) =>
  runCli(services, ['user', verb, '--email', user.email.toUpperCase(), ...args]);

test('user plan puts a person on a plan of a product', async () => {
  const { result } = await run('plan', '--product', 'haas', '--plan', 'pro');
  expect(result).toEqual({ id, product: 'haas', plan: 'pro' });
  expect(await findPlan(services, user.id, getProduct('haas'))).toBe('pro');
});

test('a plan that the product does not have is refused with those that it has', async () => {
  const { status, result, errors } = await run('plan', '--product', 'haas', '--plan', 'platinum');
  expect([status, result]).toEqual([1, undefined]);
  expect(errors).toContain('plan must be one of: free, pro, enterprise');
});

test('user disable, enable and erase take effect at once and are audited as the operator', async () => {
  const signIns = await createSignIns(services, user);
  expect((await run('disable')).result).toEqual({ id, status: 'disabled' });
  expect(await signIns.held()).toMatchObject({ session: false, jwt: false, accessToken: false });
  expect((await run('enable')).result).toEqual({ id, status: 'active' });
  expect(await getUserByEmail(services, user.email)).toMatchObject({ status: 'active' });
  expect((await run('erase')).result).toEqual({ id, status: 'erased' });
  const again = await run('erase');
  expect(again).toMatchObject({ status: 1, result: undefined });
  expect(again.errors).toContain('No user has the address');
  expect(await listAuditActions(services, user.id)).toEqual(
    expect.arrayContaining(['plan.changed', 'user.disabled', 'user.enabled', 'user.erased']),
  );
  const event = { account_id: user.id, action: 'user.disabled' };
  expect(await services.db('audit_events').where(event).first()).toMatchObject({ actor_kind: 'operator' });
});
