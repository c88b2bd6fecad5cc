import { randomUUID } from 'node:crypto';
import { testClock } from '../testing/clock.js';
import { startFragileRedis } from '../testing/fragile-redis.js';
import { createTestLimiter } from '../testing/limiters.js';
import type { LimitCheck } from './limit.js';

const redis = await startFragileRedis();
const first = await createTestLimiter(redis.url);
const second = await createTestLimiter(redis.url);
const alone = await createTestLimiter(undefined);
const factored = await createTestLimiter(undefined, { factor: 2.5 });
afterAll(() => redis.kill());

function perMinute(quota: number, name = 'requests', subject = `key:${randomUUID()}`): LimitCheck {
  return { name, subject, quota, window: { kind: 'fixed', seconds: 60 } };
}

function perHour(quota: number): LimitCheck {
  return { name: 'hourly', subject: `key:${randomUUID()}`, quota, window: { kind: 'clockHour' } };
}

const nextHourMs = () => 3_600_000 - (testClock.ms() % 3_600_000);

test('of 130 parallel calls over two processes exactly 100 pass', async () => {
  const check = perHour(100);
  if (nextHourMs() < 20_000) testClock.advance(nextHourMs());
  const calls = Array.from({ length: 130 }, (_, index) =>
    (index % 2 === 0 ? first : second).limiter.take('p', [check]),
  );
  const decisions = await Promise.all(calls);
  expect(decisions.filter(({ allowed }) => allowed)).toHaveLength(100);
});

describe.each([
  ['with Redis', first],
  ['in one process', alone],
])('%s', (_name, { limiter }) => {
  test('a window begins with the first call and ends after its length', async () => {
    const check = perMinute(2);
    const before = testClock.seconds();
    const opened = await limiter.take('p', [check]);
    expect(opened.usages[0]).toMatchObject({ used: 1, remaining: 1, quota: 2 });
    const resetAt = opened.usages[0]?.resetAtSeconds ?? 0;
    expect(resetAt - before).toBeGreaterThanOrEqual(60);
    expect(resetAt - before).toBeLessThanOrEqual(62);
    testClock.advance(50_000);
    expect((await limiter.take('p', [check])).allowed).toBe(true);
    const refused = await limiter.take('p', [check]);
    expect(refused.allowed).toBe(false);
    expect(refused.refusedBy).toMatchObject({ name: 'requests', remaining: 0, resetAtSeconds: resetAt });
    expect(refused.refusedBy?.waitSeconds).toBeLessThanOrEqual(10);
    testClock.advance(10_001);
    expect((await limiter.take('p', [check])).usages[0]).toMatchObject({ used: 1 });
  });

  test('a window of the clock ends at the full hour of UTC', async () => {
    const check = perHour(3);
    testClock.advance(nextHourMs() - 30_000);
    for (let call = 0; call < 3; call += 1) await limiter.take('p', [check]);
    const refused = await limiter.take('p', [check]);
    expect(refused.refusedBy?.resetAtSeconds).toBe(Math.ceil((testClock.ms() + nextHourMs()) / 1000));
    expect((refused.refusedBy?.resetAtSeconds ?? 1) % 3600).toBe(0);
    testClock.advance(30_500);
    expect((await limiter.take('p', [check])).allowed).toBe(true);
  });

  test('a refused request charges none of its limits', async () => {
    const wide = perMinute(10, 'wide');
    const narrow = perMinute(1, 'narrow');
    await limiter.take('p', [wide, narrow]);
    const refused = await limiter.take('p', [wide, narrow]);
    expect(refused).toMatchObject({ allowed: false, refusedBy: { name: 'narrow' } });
    expect(refused.usages[0]).toMatchObject({ name: 'wide', used: 1 });
    expect((await limiter.take('p', [wide])).usages[0]).toMatchObject({ used: 2 });
  });

  test('of several limits that refuse, the one that lasts longest is named', async () => {
    const short = { ...perMinute(1, 'short'), window: { kind: 'fixed', seconds: 10 } } as const;
    const long = { ...perMinute(1, 'long'), window: { kind: 'fixed', seconds: 100 } } as const;
    await limiter.take('p', [short, long]);
    expect((await limiter.take('p', [short, long])).refusedBy).toMatchObject({ name: 'long' });
  });

  test('a client paced at 80 % of its limit is never refused', async () => {
    const check = perMinute(60);
    for (let call = 0; call < 200; call += 1) {
      expect((await limiter.take('p', [check])).allowed).toBe(true);
      testClock.advance(60_000 / (60 * 0.8));
    }
  });

  test('a larger quota counts at once, for the window that runs', async () => {
    const small = perMinute(1);
    await limiter.take('p', [small]);
    expect((await limiter.take('p', [small])).allowed).toBe(false);
    expect((await limiter.take('p', [{ ...small, quota: 5 }])).usages[0]).toMatchObject({ used: 2 });
  });

  test('a cost of 0 asks whether anything is left and takes nothing', async () => {
    const check = perMinute(2);
    expect((await limiter.take('p', [{ ...check, cost: 0 }])).usages[0]).toMatchObject({ used: 0 });
    await limiter.take('p', [{ ...check, cost: 2 }]);
    expect((await limiter.take('p', [{ ...check, cost: 0 }])).allowed).toBe(false);
  });

  test('what is given back can be taken again, also when nothing was left', async () => {
    const check = { ...perMinute(1), mayEmpty: true };
    await limiter.take('p', [check]);
    expect((await limiter.take('p', [check])).allowed).toBe(false);
    expect((await limiter.take('p', [{ ...check, cost: -1 }])).usages[0]).toMatchObject({ used: 0 });
    expect((await limiter.take('p', [check])).allowed).toBe(true);
  });

  test('products do not share a counter', async () => {
    const check = perMinute(1);
    await limiter.take('p', [check]);
    expect((await limiter.take('q', [check])).allowed).toBe(true);
  });

  test('a raised generation makes older records stale, and only those', async () => {
    const subject = `key:${randomUUID()}`;
    const ask = async (version: number) => (await limiter.take('p', [], [{ subject, version }])).stale;
    expect(await ask(0)).toEqual([]);
    await limiter.raise(['p', 'q'], subject, 7);
    expect(await ask(6)).toEqual([{ subject, version: 7 }]);
    expect(await ask(7)).toEqual([]);
    await limiter.raise(['p'], subject, 5);
    expect(await ask(6)).toEqual([{ subject, version: 7 }]);
  });
});

test('quotas are multiplied by the factor', async () => {
  expect((await factored.limiter.take('p', [perMinute(10)])).usages[0]).toMatchObject({ quota: 25 });
});

test('what one process used is gone for the other', async () => {
  const check = perMinute(2);
  await first.limiter.take('p', [check]);
  await second.limiter.take('p', [check]);
  expect((await first.limiter.take('p', [check])).allowed).toBe(false);
});

test('what one process gives back, another can take that saw nothing left', async () => {
  const check = { ...perMinute(1), mayEmpty: true };
  await first.limiter.take('p', [check]);
  expect((await second.limiter.take('p', [check])).allowed).toBe(false);
  await first.limiter.take('p', [{ ...check, cost: -1 }]);
  expect((await second.limiter.take('p', [check])).allowed).toBe(true);
});

test('a flood over the limit is refused without asking Redis', async () => {
  const check = perMinute(1);
  await first.limiter.take('p', [check]);
  const before = await commandsProcessed();
  for (let call = 0; call < 50; call += 1) {
    expect(await first.limiter.take('p', [check])).toMatchObject({ allowed: false, source: 'process' });
  }
  expect((await commandsProcessed()) - before).toBeLessThan(5);
});

test('every key in Redis has a time to live', async () => {
  await first.limiter.take('p', [perMinute(5), perHour(5)], [], {
    name: 'places',
    subject: 'key:x',
    quota: 5,
    ttlSeconds: 60,
  });
  await first.limiter.raise(['p'], 'key:x', 1);
  const ttls = await first.link.run(async (client) => {
    const keys = await client.keys('*');
    return Promise.all(keys.map((key) => client.pttl(key.replace(/^test:/, ''))));
  });
  expect(ttls?.length).toBeGreaterThan(5);
  expect(ttls?.filter((ttl) => ttl <= 0)).toEqual([]);
});

async function commandsProcessed(): Promise<number> {
  const info = await first.link.run((client) => client.info('stats'));
  return Number(/total_commands_processed:(\d+)/.exec(info ?? '')?.[1]);
}
