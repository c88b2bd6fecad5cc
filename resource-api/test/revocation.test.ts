/**
 * A key that was ended is refused on the very next request, in every process. Two apps on two sets of services
 * stand for two processes.
 */
import { announceChange, changeSubject } from '../../shared/changes/changes.js';
import { changePlan } from '../../shared/identity/people/plans.js';
import { limiterOf } from '../../shared/limiter/limiter.js';
import { getProduct } from '../../shared/products/index.js';
import { inTransaction, type Services } from '../../shared/services.js';
import { createTestServices } from '../../shared/testing/services.js';
import { anotherProcess, makeKey, makePerson, startApi } from '../testing/serve.js';

const path = '/haas/v1/humans/usr_maria_42/status';

const { services: here } = await createTestServices({ rateLimitFactor: 1_000 });
const there = anotherProcess(here);
const api = await startApi(here);
const other = await startApi(there);
await Promise.all([here.redis.settled, there.redis.settled]);

const call = (key: string, at = api) => at.call(path, { bearer: key });

async function setStatus(services: Services, id: string, status: string): Promise<void> {
  await inTransaction(services, async (tx) => {
    await tx.db('api_keys').where({ id }).update({ status });
    await announceChange(tx, { kind: 'key', id });
  });
}

async function makeTestKey(services: Services) {
  const person = await makePerson(services);
  const key = await makeKey(services, 'haas', person.id, { environment: 'test' });
  return { ...key, accountId: person.id };
}

test('a revoked key is refused on the next request in both processes, and works again once it is enabled', async () => {
  const { id, key } = await makeTestKey(here);
  for (let round = 0; round < 10; round += 1) {
    expect([(await call(key)).status, (await call(key, other)).status]).toEqual([200, 200]);
    await setStatus(here, id, 'disabled');
    expect([(await call(key, other)).status, (await call(key)).status]).toEqual([401, 401]);
    await setStatus(there, id, 'active');
  }
});

test('a notification that is lost costs nothing', async () => {
  const { id, key } = await makeTestKey(here);
  expect((await call(key)).status).toBe(200);
  await there.db('api_keys').where({ id }).update({ status: 'revoked' });
  const { rows } = await there.db.raw("select nextval('change_generation') as generation");
  await limiterOf(there).raise(['haas'], changeSubject({ kind: 'key', id }), rows[0].generation);
  expect((await call(key)).status).toBe(401);
});

test('a record that was read again is not read again for every request', async () => {
  const { id, key } = await makeTestKey(here);
  await setStatus(there, id, 'active');
  await call(key);
  const queries: string[] = [];
  here.db.on('query', ({ sql }) => sql.startsWith('select') && queries.push(sql));
  for (let round = 0; round < 5; round += 1) expect((await call(key)).status).toBe(200);
  here.db.removeAllListeners('query');
  expect(queries.filter((sql) => sql.includes('api_keys'))).toEqual([]);
});

test('a plan that changes takes effect at once', async () => {
  const { key, accountId } = await makeTestKey(here);
  expect((await call(key)).headers.get('x-ratelimit-limit')).toBe('60000');
  const actor = { kind: 'operator', id: 'test' } as const;
  await changePlan(there, { accountId, product: getProduct('haas'), plan: 'pro' }, actor);
  expect((await call(key)).headers.get('x-ratelimit-limit')).toBe('300000');
});

test('a Redis that comes back empty empties the cache', async () => {
  const { id, key } = await makeTestKey(here);
  expect((await call(key)).status).toBe(200);
  await there.db('api_keys').where({ id }).update({ status: 'revoked' });
  expect((await call(key)).status).toBe(200);
  here.redis.announceReset();
  expect((await call(key)).status).toBe(401);
});
