/**
 * Redis frozen and killed under a load of real calls. A valid key gets its 200, soon and never a 401; limits go on
 * from where they stood; without Postgres as well the answer is 503.
 */
import { eventually, startFragileRedis } from '../../shared/testing/fragile-redis.js';
import { createTestServices } from '../../shared/testing/services.js';
import { type Answer, makeKey, makePerson, startApi } from '../testing/serve.js';

const redis = await startFragileRedis();
const { services } = await createTestServices({ redisUrl: redis.url, rateLimitFactor: 1000 });
const limited = await createTestServices({ redisUrl: redis.url });
const api = await startApi(services);
const limitedApi = await startApi(limited.services);
afterAll(() => redis.kill());

const patienceMs = 30_000;
const path = '/haas/v1/humans/usr_maria_42/status';
const links = [services.redis, limited.services.redis];
beforeEach(() => eventually(() => links.every(({ available }) => available), patienceMs), patienceMs);

async function makeTestKey(on = services) {
  const { id } = await makePerson(on);
  return (await makeKey(on, 'haas', id, { environment: 'test' })).key;
}

/** Calls without a pause, from a few clients, until told to stop. */
function load(keys: string[]) {
  const statuses = new Set<number>();
  let waits: number[] = [];
  let running = true;
  const clients = keys.map(async (bearer) => {
    while (running) {
      const begun = performance.now();
      statuses.add((await api.call(path, { bearer })).status);
      waits.push(performance.now() - begun);
    }
  });
  return {
    calls: () => waits.length,
    /** The time in which 99 of 100 calls since the last question were answered, in milliseconds. */
    takeP99() {
      const sorted = waits.toSorted((one, other) => one - other);
      waits = [];
      return sorted[Math.floor(sorted.length * 0.99)] ?? 0;
    },
    async stop() {
      running = false;
      await Promise.all(clients);
      return [...statuses];
    },
  };
}

test.each([
  ['frozen', () => redis.freeze(), async () => redis.thaw()],
  ['killed', () => redis.kill(), () => redis.restart()],
])(
  'while Redis is %s, every valid key gets its 200 within 250 ms',
  async (_how, breakIt, mend) => {
    const keys = await Promise.all(Array.from({ length: 6 }, () => makeTestKey()));
    const running = load(keys);
    try {
      await eventually(() => running.calls() > 100, patienceMs);
      // A busy machine is slow without any outage: what Redis may cost stands on top of what a call usually takes
      // there, and the calls of this test's own clients that waited for the same processor.
      const usual = running.takeP99();
      await breakIt();
      await eventually(() => !services.redis.available && running.calls() > 150, patienceMs);
      // A key that this process has never seen comes from Postgres.
      expect((await api.call(path, { bearer: await makeTestKey() })).status).toBe(200);
      expect((await api.call(path, { bearer: `${keys[0]?.slice(0, -8)}00000000` })).status).toBe(401);
      await mend();
      await eventually(() => services.redis.available, patienceMs);
      expect(running.takeP99()).toBeLessThan(250 + 2 * usual);
    } finally {
      expect(await running.stop()).toEqual([200]);
    }
  },
  60_000,
);

test.each([
  ['frozen', () => redis.freeze(), async () => redis.thaw()],
  ['killed', () => redis.kill(), () => redis.restart()],
])(
  'a %s Redis hands out no fresh allowance, nor does its return',
  async (_how, breakIt, mend) => {
    const key = await makeTestKey(limited.services);
    const call = (): Promise<Answer> => limitedApi.call(path, { bearer: key });
    const many = async (times: number) =>
      (await Promise.all(Array.from({ length: times }, call))).filter(({ status }) => status === 200).length;
    expect(await many(40)).toBe(40);
    await breakIt();
    expect(await many(40)).toBe(20);
    await mend();
    await eventually(() => limited.services.redis.available, patienceMs);
    expect(await many(10)).toBe(0);
  },
  60_000,
);
