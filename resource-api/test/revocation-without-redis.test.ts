/**
 * Without Redis a process hears of an ended key only from Postgres: within 250 ms.
 */
import { announceChange } from '../../shared/changes/changes.js';
import { inTransaction, type Services } from '../../shared/services.js';
import { createTestServices } from '../../shared/testing/services.js';
import { anotherProcess, makeKey, makePerson, startApi } from '../testing/serve.js';

const path = '/haas/v1/humans/usr_maria_42/status';

const { services: here } = await createTestServices({ redisUrl: undefined, rateLimitFactor: 1_000 });
const there = anotherProcess(here);
const api = await startApi(here);
const other = await startApi(there);

async function setStatus(services: Services, id: string, status: string): Promise<void> {
  await inTransaction(services, async (tx) => {
    await tx.db('api_keys').where({ id }).update({ status });
    await announceChange(tx, { kind: 'key', id });
  });
}

/** Calls until the answer is what is waited for; the milliseconds that it took. */
async function until(expected: number, call: () => Promise<{ status: number }>): Promise<number> {
  const begunAt = performance.now();
  while ((await call()).status !== expected) {
    if (performance.now() - begunAt > 5_000) throw new Error(`no ${expected} within five seconds`);
  }
  return performance.now() - begunAt;
}

async function makeTestKey(services: Services) {
  const person = await makePerson(services);
  const key = await makeKey(services, 'haas', person.id, { environment: 'test' });
  return { ...key, accountId: person.id };
}

test('a revoked key is refused everywhere within 250 ms of the command', async () => {
  for (let round = 0; round < 5; round += 1) {
    const { id, key } = await makeTestKey(here);
    const call = (at: typeof api) => at.call(path, { bearer: key });
    expect([(await call(api)).status, (await call(other)).status]).toEqual([200, 200]);
    await setStatus(here, id, 'revoked');
    const took = await Promise.all([until(401, () => call(api)), until(401, () => call(other))]);
    expect(Math.max(...took)).toBeLessThan(250);
  }
});

test('while the listening connection is broken, nothing is remembered', async () => {
  const { id, key } = await makeTestKey(here);
  const call = () => api.call(path, { bearer: key });
  expect((await call()).status).toBe(200);
  await here.db.raw(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'latchkey-changes' and datname = current_database()",
  );
  // No notification: what is told now is told by the database alone.
  await there.db('api_keys').where({ id }).update({ status: 'revoked' });
  expect(await until(401, call)).toBeLessThan(250);
});
