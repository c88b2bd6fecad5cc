import { randomUUID } from 'node:crypto';
import { testClock } from '../testing/clock.js';
import { eventually, startFragileRedis } from '../testing/fragile-redis.js';
import { createTestLimiter } from '../testing/limiters.js';
import type { LeaseRequest } from './limit.js';

const redis = await startFragileRedis();
const first = await createTestLimiter(redis.url);
const second = await createTestLimiter(redis.url);
const alone = await createTestLimiter(undefined);
afterAll(() => redis.kill());

const places = (quota = 10): LeaseRequest => ({
  name: 'connections',
  subject: `key:${randomUUID()}`,
  quota,
  ttlSeconds: 60,
});

const ask = ({ limiter }: typeof first, request: LeaseRequest) => limiter.take('p', [], [], request);

describe.each([
  ['with Redis', first, second],
  ['in one process', alone, alone],
])('%s', (_name, one, other) => {
  test('of 50 parallel requests for ten places exactly ten get one', async () => {
    const request = places();
    const responses = await Promise.all(
      Array.from({ length: 50 }, (_, index) => ask(index % 2 ? one : other, request)),
    );
    expect(responses.filter(({ lease }) => lease)).toHaveLength(10);
    const refused = responses.find(({ allowed }) => !allowed);
    expect(refused?.refusedBy).toMatchObject({ name: 'connections', quota: 10, remaining: 0 });
  });

  test('a released place can be taken again', async () => {
    const request = places(1);
    const { lease } = await ask(one, request);
    expect((await ask(other, request)).allowed).toBe(false);
    if (lease) await one.limiter.releaseLease(lease);
    expect((await ask(other, request)).allowed).toBe(true);
  });

  test('a place that nobody renews falls free, and a lease that ran out stays out', async () => {
    const request = places(1);
    const { lease } = await ask(one, request);
    testClock.advance(59_000);
    expect(lease && (await one.limiter.renewLease(lease))).toBe(true);
    testClock.advance(59_000);
    expect((await ask(other, request)).allowed).toBe(false);
    testClock.advance(2000);
    expect((await ask(other, request)).allowed).toBe(true);
    expect(lease && (await one.limiter.renewLease(lease))).toBe(false);
  });

  test('a refused lease charges no limit, and a refused limit takes no place', async () => {
    const request = places(1);
    const check = {
      name: 'r',
      subject: request.subject,
      quota: 2,
      window: { kind: 'fixed', seconds: 60 },
    } as const;
    await one.limiter.take('p', [check], [], request);
    expect((await one.limiter.take('p', [check], [], request)).usages[0]).toMatchObject({ used: 1 });
    await one.limiter.take('p', [check]);
    const free = { ...places(1), subject: request.subject, name: 'free' };
    expect((await one.limiter.take('p', [check], [], free)).refusedBy).toMatchObject({ name: 'r' });
    expect((await ask(one, free)).allowed).toBe(true);
  });
});

test('connections opened while Redis is away are entered when they are renewed', async () => {
  const request = places(3);
  const before = await ask(first, request);
  await redis.kill();
  await eventually(() => !first.link.available && !second.link.available);
  const during = await ask(first, request);
  expect(during).toMatchObject({ allowed: true, source: 'process' });
  await redis.restart();
  await eventually(() => first.link.available && second.link.available);
  for (const { lease } of [before, during]) {
    expect(lease && (await first.limiter.renewLease(lease))).toBe(true);
  }
  expect((await ask(second, request)).allowed).toBe(true);
  expect((await ask(second, request)).allowed).toBe(false);
});
