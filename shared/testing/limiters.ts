/** Limiters as several processes would have them: each with its own link and its own memory. */
import { pino } from 'pino';
import { createLimiter, type Limiter } from '../limiter/limiter.js';
import { createRedisLink, type RedisLink } from '../redis/redis.js';
import { testClock } from './clock.js';

export interface TestLimiter {
  limiter: Limiter;
  link: RedisLink;
}

export interface TestLimiterOptions {
  factor?: number;
  /** Generous unless the test is about slowness: the machine may be busy. */
  commandTimeoutMs?: number;
}

/** Without a URL the limiter counts in its own memory. Closes by itself after the file's last test. */
export async function createTestLimiter(
  url: string | undefined,
  { factor = 1, commandTimeoutMs = 5000 }: TestLimiterOptions = {},
): Promise<TestLimiter> {
  const logger = pino({ level: process.env.TEST_LOG_LEVEL ?? 'silent' });
  const link = createRedisLink({ url, keyPrefix: 'test:', logger, commandTimeoutMs });
  afterAll(() => link.close());
  await link.settled;
  return { link, limiter: createLimiter({ link, clock: testClock, factor }) };
}
