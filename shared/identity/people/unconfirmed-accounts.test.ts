import { cleanUp } from '../../maintenance/cleanup.js';
import { createTestUser } from '../../testing/people.js';
import { createTestServices } from '../../testing/services.js';
import { disableUser } from '../account-status.js';

const { services, clock } = await createTestServices();
const dayMs = 86_400_000;

test('an account that nobody confirmed goes after a week unless it owns something', async () => {
  const unconfirmed = { verified: false };
  const idle = await createTestUser(services, { ...unconfirmed, human: true });
  const owner = await createTestUser(services, unconfirmed);
  const confirmed = await createTestUser(services);
  const off = await createTestUser(services, unconfirmed);
  await disableUser(services, off.id, { kind: 'operator', id: 'test' });
  await services.db('ended_jwts').insert({
    jti: 'j',
    user_id: owner.id,
    ended_at: clock.now(),
    expires_at: new Date(clock.ms() + 90 * dayMs),
  });
  clock.advance(6 * dayMs);
  const young = await createTestUser(services, unconfirmed);
  expect(await cleanUp(services)).toMatchObject({ unconfirmed_accounts: 0 });
  clock.advance(1.1 * dayMs);
  expect(await cleanUp(services)).toMatchObject({ unconfirmed_accounts: 1 });
  const left = await services.db('users').whereIn('id', [idle.id, owner.id, confirmed.id, off.id, young.id]);
  expect(left.map(({ id }) => id).sort()).toEqual([owner.id, confirmed.id, off.id, young.id].sort());
  expect(await services.db('humans').where({ user_id: idle.id })).toEqual([]);
  const events = JSON.stringify(await services.db('audit_events').where({ account_id: idle.id }));
  expect(events).not.toContain(idle.email);
  await createTestUser(services, { email: idle.email });
});
