import { createServices } from '../../../../shared/services.js';
import { eventually } from '../../../../shared/testing/fragile-redis.js';
import { startRedisServer } from '../../../../shared/testing/redis-server.js';
import { createTestServices, whenFileEnds } from '../../../../shared/testing/services.js';
import { type Feed, feedOf } from './feed.js';
import type { FeedEvent } from './feed-event.js';

const redis = await startRedisServer();
whenFileEnds(() => redis.stop());
const { services: here, clock } = await createTestServices({ redisUrl: redis.url });
const there = createServices(here.config, clock);
const alone = createServices({ ...here.config, redisUrl: undefined }, clock);
whenFileEnds(async () => {
  for (const services of [there, alone]) {
    await services.redis.close();
    await services.db.destroy();
  }
});
await Promise.all([here.redis.settled, there.redis.settled]);

/** A listener that can be waited for. */
async function listen(feed: Feed, name: string) {
  const heard: FeedEvent[] = [];
  const gaps = { count: 0 };
  let wake: () => void = () => undefined;
  const stop = await feed.listen(name, {
    onEvent: (event) => {
      heard.push(event);
      wake();
    },
    onGap: () => {
      gaps.count += 1;
      wake();
    },
  });
  const until = async (condition: () => boolean) => {
    while (!condition()) await new Promise<void>((resolve) => (wake = resolve));
  };
  return { heard, gaps, stop, until };
}

const numbersOf = (events: FeedEvent[]) => events.map(({ body }) => body.number);

describe.each([
  ['with Redis, in another process', () => [feedOf(here), feedOf(there)] as const],
  ['without Redis, in the process itself', () => [feedOf(alone), feedOf(alone)] as const],
])('%s', (_title, feeds) => {
  test('an event is heard once, in order, by those who listen to its feed', async () => {
    const [writer, reader] = feeds();
    const listener = await listen(reader, 'order');
    const stranger = await listen(reader, 'other');
    for (let number = 0; number < 50; number += 1) await writer.append('order', { number });
    await listener.until(() => listener.heard.length >= 50);
    expect(numbersOf(listener.heard)).toEqual(Array.from({ length: 50 }, (_, number) => number));
    expect(stranger.heard).toEqual([]);
    listener.stop();
    await writer.append('order', { number: 50 });
    await writer.append('other', { number: 1 });
    await stranger.until(() => stranger.heard.length > 0);
    expect(listener.heard).toHaveLength(50);
  });

  test('what came after an event is read from there, and an event is known for an hour', async () => {
    const [writer, reader] = feeds();
    expect(await reader.newestId('hour')).toBe('0-0');
    for (let number = 0; number < 5; number += 1) await writer.append('hour', { number });
    const [first, second] = await reader.read('hour', '0-0', 2);
    expect(numbersOf(await reader.read('hour', second?.id ?? '', 100))).toEqual([2, 3, 4]);
    expect(await reader.has('hour', first?.id ?? '')).toBe(true);
    expect(await reader.has('hour', '1-1')).toBe(false);
    clock.advance(3_599_000);
    expect(await reader.has('hour', first?.id ?? '')).toBe(true);
    clock.advance(2_000);
    expect(await reader.has('hour', first?.id ?? '')).toBe(false);
    await writer.append('hour', { number: 5 });
    expect(numbersOf(await reader.read('hour', '0-0', 100))).toEqual([5]);
  });
});

test('a feed keeps its newest ten thousand, more or less', async () => {
  const feed = feedOf(here);
  const length = () => here.redis.run((client) => client.xlen('{feeds}:long'));
  // In small batches, each of them waited for: on a busy machine a large one would be taken for an outage.
  while (((await length()) ?? 0) < 10_000) {
    await Promise.all(Array.from({ length: 200 }, () => feed.append('long', {})));
    await eventually(() => here.redis.available);
  }
  for (let batch = 0; batch < 5; batch += 1) {
    await Promise.all(Array.from({ length: 200 }, () => feed.append('long', {})));
    await eventually(() => here.redis.available);
  }
  await eventually(async () => (await length()) !== undefined);
  const kept = await length();
  expect(kept).toBeGreaterThanOrEqual(10_000);
  expect(kept).toBeLessThan(10_200);
});

test('when Redis goes, a process still tells itself; when it is back, listeners learn of the gap', async () => {
  const feed = feedOf(here);
  const listener = await listen(feed, 'outage');
  await redis.stop();
  await feed.append('outage', { number: 1 });
  expect(numbersOf(listener.heard)).toEqual([1]);
  expect(numbersOf(await feed.read('outage', '0-0', 10))).toEqual([1]);
  const again = await startRedisServer(redis.port);
  whenFileEnds(() => again.stop());
  await listener.until(() => listener.gaps.count > 0);
  await feed.append('outage', { number: 2 });
  await listener.until(() => listener.heard.length > 1);
  expect(numbersOf(listener.heard)).toEqual([1, 2]);
});
