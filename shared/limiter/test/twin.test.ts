/**
 * The script in Redis and its twin in the process are two texts of one rule. Random sequences of calls are given
 * to both; every decision and every figure must be the same.
 */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { testClock } from '../../testing/clock.js';
import { startFragileRedis } from '../../testing/fragile-redis.js';
import { createTestLimiter } from '../../testing/limiters.js';
import type { LimitCheck, LimitDecision } from '../limit.js';

const redis = await startFragileRedis();
const shared = await createTestLimiter(redis.url);
const alone = await createTestLimiter(undefined);
afterAll(() => redis.kill());

const windows = fc.constantFrom<LimitCheck['window']>(
  { kind: 'fixed', seconds: 60 },
  { kind: 'fixed', seconds: 900 },
  { kind: 'clockHour' },
);

const limits = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom('a', 'b', 'c'),
    quota: fc.integer({ min: 1, max: 6 }),
    window: windows,
  }),
  { selector: ({ name }) => name, minLength: 1, maxLength: 3 },
);

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      take: fc.array(fc.nat(2), { minLength: 1, maxLength: 3 }),
      cost: fc.integer({ min: -1, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ advanceSeconds: fc.integer({ min: 1, max: 2000 }) }) },
  { weight: 1, arbitrary: fc.record({ raise: fc.nat(9) }) },
);

/** Figures that may differ by the milliseconds between two calls are compared with that tolerance. */
function figures({ allowed, refusedBy, usages, stale }: LimitDecision) {
  return {
    allowed,
    refusedBy: refusedBy?.name,
    stale,
    usages: usages.map(({ name, quota, used, remaining }) => ({ name, quota, used, remaining })),
  };
}

test('both decide alike for any sequence of calls', async () => {
  await fc.assert(
    fc.asyncProperty(limits, fc.array(step, { maxLength: 40 }), async (definition, steps) => {
      const subject = `key:${randomUUID()}`;
      for (const each of steps) {
        if ('advanceSeconds' in each) testClock.advance(each.advanceSeconds * 1000);
        else if ('raise' in each) {
          await Promise.all([shared, alone].map(({ limiter }) => limiter.raise(['p'], subject, each.raise)));
        } else {
          const checks = definition
            .filter((_fact, index) => each.take.includes(index))
            .map((fact) => ({ ...fact, subject, cost: each.cost }));
          const generations = [{ subject, version: 4 }];
          const here = await alone.limiter.take('p', checks, generations);
          const there = await shared.limiter.take('p', checks, generations);
          // A refusal that the process knows of by itself brings no generations, for there is nothing to serve.
          if (!there.allowed) {
            here.stale = [];
            there.stale = [];
          }
          expect(figures(there)).toEqual(figures(here));
          there.usages.forEach((usage, index) => {
            expect(Math.abs(usage.resetAtSeconds - (here.usages[index]?.resetAtSeconds ?? 0))).toBeLessThan(
              2,
            );
          });
        }
      }
    }),
    { numRuns: 150 },
  );
});
