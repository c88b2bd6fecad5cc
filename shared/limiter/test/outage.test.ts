/** Redis frozen, killed, emptied: nobody waits, nobody gets more than the limit, nobody is refused for it. */
import { randomUUID } from 'node:crypto';
import { eventually, startFragileRedis } from '../../testing/fragile-redis.js';
import { createTestLimiter } from '../../testing/limiters.js';
import type { LimitCheck } from '../limit.js';

const redis = await startFragileRedis();
const timeoutMs = 100;
const first = await createTestLimiter(redis.url, { commandTimeoutMs: timeoutMs });
const second = await createTestLimiter(redis.url, { commandTimeoutMs: timeoutMs });
afterAll(() => redis.kill());

const both = [first, second];
const check = (quota: number): LimitCheck => ({
  name: 'requests',
  subject: `key:${randomUUID()}`,
  quota,
  window: { kind: 'fixed', seconds: 3600 },
});

const everyoneAvailable = () => eventually(() => both.every(({ link }) => link.available), 30_000);
beforeEach(everyoneAvailable);
// A test that fails while Redis is frozen must not take the others along.
afterEach(() => redis.thaw());

async function takeMany(times: number, limit: LimitCheck, { limiter } = first): Promise<number> {
  const decisions = await Promise.all(Array.from({ length: times }, () => limiter.take('p', [limit])));
  return decisions.filter(({ allowed }) => allowed).length;
}

test('a frozen Redis costs one command timeout and then nothing', async () => {
  const limit = check(1000);
  await takeMany(10, limit);
  redis.freeze();
  await takeMany(50, limit);
  const { opened } = first.link.counters;
  expect(opened).toBeGreaterThan(0);
  // Redis is frozen still: whatever is decided now was decided without a command that anybody waited for.
  const responses = await Promise.all(Array.from({ length: 200 }, () => first.limiter.take('p', [limit])));
  expect(responses.every(({ allowed, source }) => allowed && source === 'process')).toBe(true);
  expect(first.link.counters.opened).toBe(opened);
  redis.thaw();
  await everyoneAvailable();
  expect((await first.limiter.take('p', [limit])).source).toBe('redis');
});

test('an outage hands out no fresh allowance, neither while it lasts nor after it', async () => {
  const limit = check(100);
  expect(await takeMany(60, limit)).toBe(60);
  redis.freeze();
  expect(await takeMany(60, limit)).toBe(40);
  redis.thaw();
  await everyoneAvailable();
  expect(await takeMany(20, limit)).toBe(0);
  expect(await takeMany(20, limit, second)).toBe(0);
});

test('what a process counted alone is added to the window that still runs in Redis', async () => {
  const limit = check(100);
  await takeMany(10, limit);
  redis.freeze();
  await takeMany(20, limit);
  redis.thaw();
  await everyoneAvailable();
  const { usages } = await first.limiter.take('p', [limit]);
  // Calls that were in flight when Redis froze count once: Redis still finds them in its socket.
  expect(usages[0]?.used).toBe(31);
});

test('a killed Redis that comes back empty is told what was used', async () => {
  const limit = check(100);
  expect(await takeMany(70, limit)).toBe(70);
  const before = performance.now();
  await redis.kill();
  expect(await takeMany(20, limit)).toBe(20);
  expect(performance.now() - before).toBeLessThan(1000);
  await redis.restart();
  await everyoneAvailable();
  expect(await takeMany(50, limit)).toBe(10);
  expect(await takeMany(50, limit, second)).toBe(0);
});

test('a Redis that comes back with other contents is a reset for every process', async () => {
  let resets = 0;
  const off = both.map(({ link }) => link.onReset(() => (resets += 1)));
  await redis.kill();
  await redis.restart();
  await everyoneAvailable();
  expect(resets).toBe(2);
  for (const takeOff of off) takeOff();
});

test('a flushed Redis makes everything stale that was cached before', async () => {
  const generations = [{ subject: `key:${randomUUID()}`, version: 1 }];
  await first.limiter.take('p', [], generations);
  let resets = 0;
  const takeOff = first.link.onReset(() => (resets += 1));
  await second.link.run((client) => client.flushall());
  await second.limiter.take('p', [], []);
  const decision = await first.limiter.take('p', [], generations);
  expect(decision.stale).toMatchObject([{ subject: generations[0]?.subject }]);
  expect(resets).toBe(1);
  expect((await first.limiter.take('p', [], generations)).stale).toEqual([]);
  takeOff();
});

test('killed under load, no call waits and none passes that should not', async () => {
  const limit = check(500);
  let longestWaitMs = 0;
  let running = true;
  // `known`: what Redis said last; `alone`: what the process has let through by itself since then.
  const processes = both.map((one) => ({ ...one, known: 0, alone: 0, byRedis: 0, refused: 0 }));
  const work = processes.flatMap((one) =>
    Array.from({ length: 10 }, async () => {
      while (running) {
        const begun = performance.now();
        const { allowed, source, usages } = await one.limiter.take('p', [limit]);
        longestWaitMs = Math.max(longestWaitMs, performance.now() - begun);
        if (!allowed) one.refused += 1;
        else if (source === 'process') one.alone += 1;
        else Object.assign(one, { known: usages[0]?.used, alone: 0, byRedis: one.byRedis + 1 });
        await new Promise(setImmediate);
      }
    }),
  );
  const passedByRedis = () => processes.reduce((sum, { byRedis }) => sum + byRedis, 0);
  await eventually(() => passedByRedis() > 200);
  await redis.kill();
  await eventually(() => both.every(({ link }) => !link.available));
  await redis.restart();
  await everyoneAvailable();
  // On a busy machine an outage may be too short to use up what was left.
  await eventually(() => processes.every(({ refused }) => refused > 0));
  running = false;
  await Promise.all(work);
  expect(longestWaitMs).toBeLessThan(250);
  expect(passedByRedis()).toBeLessThanOrEqual(500);
  // Two processes that cannot talk to each other may each hand out what was left when Redis spoke to them last.
  for (const { alone, known } of processes) expect(alone).toBeLessThanOrEqual(500 - known);
  expect((await first.limiter.take('p', [limit])).allowed).toBe(false);
});
