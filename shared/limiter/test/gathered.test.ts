/**
 * One call of the script for many requests must decide as one call for each. Random batches are given to both, with
 * what can make a difference: shared counters, costs, seeds, leases and generations.
 */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { testClock } from '../../testing/clock.js';
import { startFragileRedis } from '../../testing/fragile-redis.js';
import { createTestLimiter } from '../../testing/limiters.js';
import type { LimitCheck } from '../limit.js';
import { raiseScript, takeScript } from '../script.js';
import {
  decodeTake,
  encodeTake,
  generationKey,
  limitKey,
  type TakeDecision,
  type TakeRequest,
} from '../take-call.js';

const redis = await startFragileRedis();
const { link, limiter } = await createTestLimiter(redis.url);
const { link: lost, limiter: alone } = await createTestLimiter(redis.url);
afterAll(() => redis.kill());

// No window ends near the moment of a call: the single calls come some milliseconds after the gathered one.
const check = fc.record({
  name: fc.constantFrom('a', 'b', 'c'),
  cost: fc.integer({ min: -2, max: 3 }),
  seed: fc.option(
    fc.record({
      remainingMs: fc.constantFrom(10_000, 30_000, 50_000, 70_000),
      used: fc.nat(4),
      unsent: fc.integer({ min: -2, max: 2 }),
    }),
  ),
});
const request = fc.record({
  checks: fc.uniqueArray(check, { selector: ({ name }) => name, maxLength: 3 }),
  lease: fc.boolean(),
  generation: fc.boolean(),
});
const windows: Record<string, LimitCheck['window']> = {
  a: { kind: 'fixed', seconds: 60 },
  b: { kind: 'fixed', seconds: 900 },
  c: { kind: 'clockHour' },
};

type Sketch = typeof request extends fc.Arbitrary<infer Value> ? Value : never;

function toRequest(product: string, { checks: sketched, lease, generation }: Sketch): TakeRequest {
  const checks = sketched.map(({ name, cost }): LimitCheck => {
    const window = windows[name];
    if (!window) throw new Error('no such window');
    return { name, subject: 'key:1', quota: 4, window, cost };
  });
  const seeds = new Map(sketched.flatMap(({ seed }, index) => (seed ? [[index, seed] as const] : [])));
  return {
    checks,
    keys: checks.map((one) => limitKey(product, one)),
    generations: generation ? [{ subject: 'key:1', version: 0 }] : [],
    generationKeys: generation ? [generationKey(product, 'key:1')] : [],
    lease: lease
      ? { id: randomUUID(), key: `{${product}}:held:x:key:1`, quota: 3, ttlMs: 60_000 }
      : undefined,
    seeds,
  };
}

async function take(product: string, requests: TakeRequest[]): Promise<TakeDecision[]> {
  const { keys, args } = encodeTake(product, requests, testClock.offsetMs);
  const reply = decodeTake(requests, await link.runScript(takeScript, keys, args));
  if (!reply) throw new Error('Redis did not answer');
  return reply.decisions;
}

/** Ends of windows may differ by the time between two calls. */
const figures = ({ allowed, held, counts, generations }: TakeDecision) => ({
  allowed,
  held,
  generations,
  used: counts.map(({ used }) => used),
});

test('gathered requests are decided as the same requests one by one', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          batch: fc.array(request, { minLength: 1, maxLength: 8 }),
          advanceSeconds: fc.constantFrom(0, 20, 40, 80),
        }),
        { minLength: 1, maxLength: 6 },
      ),
      async (turns) => {
        const gathered = randomUUID();
        const single = randomUUID();
        for (const product of [gathered, single]) {
          await link.runScript(raiseScript, [generationKey(product, 'key:1')], [7]);
        }
        for (const { batch, advanceSeconds } of turns) {
          testClock.advance(advanceSeconds * 1000);
          const together = await take(
            gathered,
            batch.map((one) => toRequest(gathered, one)),
          );
          const apart: TakeDecision[] = [];
          for (const one of batch) apart.push(...(await take(single, [toRequest(single, one)])));
          expect(together.map(figures)).toEqual(apart.map(figures));
          together.forEach(({ counts }, index) => {
            counts.forEach(({ endsAtMs }, position) => {
              const other = apart[index]?.counts[position]?.endsAtMs ?? 0;
              expect(Math.abs(endsAtMs - other)).toBeLessThan(5_000);
            });
          });
        }
      },
    ),
    { numRuns: 100 },
  );
}, 120_000);

test('requests of one turn reach Redis as one command, each with its own decision', async () => {
  const before = await commandsOf('evalsha');
  const subject = `key:${randomUUID()}`;
  const limit: LimitCheck = { name: 'turn', subject, quota: 7, window: { kind: 'fixed', seconds: 60 } };
  const decisions = await Promise.all(Array.from({ length: 20 }, () => limiter.take('p', [limit])));
  expect(decisions.filter(({ allowed }) => allowed)).toHaveLength(7);
  expect(decisions.map(({ usages }) => usages[0]?.used).slice(0, 8)).toEqual([1, 2, 3, 4, 5, 6, 7, 7]);
  expect((await commandsOf('evalsha')) - before).toBe(1);
});

test('when Redis is gone before the turn ends, the process decides and counts the request once', async () => {
  const limit: LimitCheck = {
    name: 'vanished',
    subject: `key:${randomUUID()}`,
    quota: 2,
    window: { kind: 'fixed', seconds: 60 },
  };
  const waiting = [1, 2, 3].map(() => alone.take('p', [limit]));
  await lost.close();
  const decisions = await Promise.all(waiting);
  expect(decisions.map(({ allowed, source }) => [allowed, source])).toEqual([
    [true, 'process'],
    [true, 'process'],
    [false, 'process'],
  ]);
});

async function commandsOf(name: string): Promise<number> {
  const info = await link.run((client) => client.info('commandstats'));
  return Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(info ?? '')?.[1] ?? 0);
}
