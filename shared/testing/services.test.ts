import { sqlNow } from '../clock.js';
import { createUser, getUserByEmail } from '../identity/people/users.js';
import { createTestServices } from './services.js';

const { services, clock } = await createTestServices();
const dayMs = 86_400_000;

test('a test file has a migrated database of its own', async () => {
  expect(await services.db('users').count()).toEqual([{ count: 0 }]);
  await createUser(services, { email: 'ada@example.com', name: 'Ada' });
  expect(await getUserByEmail(services, 'ADA@example.com')).toMatchObject({ name: 'Ada' });
});

test('moving the clock moves Date and SQL together, and timers not at all', async () => {
  const before = new Date();
  clock.advance(dayMs);
  expect(Date.now() - before.getTime()).toBeGreaterThanOrEqual(dayMs);
  expect(new Date() instanceof Date && before instanceof Date).toBe(true);
  const { rows } = await services.db.raw('select ? as time', [sqlNow(services)]);
  expect(Math.abs(rows[0].time.getTime() - clock.ms())).toBeLessThan(5_000);
  await new Promise((resolve) => setTimeout(resolve, 1));
});

test('Redis is there, under a prefix of its own', async () => {
  const response = await services.redis.run((redis) =>
    redis.set(`${services.config.redisPrefix}greeting`, 'hello'),
  );
  expect(response).toBe('OK');
});
