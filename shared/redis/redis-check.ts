/**
 * Before a process of a production serves, its Redis is asked once. A wrong REDIS_URL would otherwise go unnoticed:
 * every process would count rate limits for itself, for ever. A Redis that is lost later stops nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Services } from '../services.js';
import { StartupError } from '../startup-error.js';

const patienceMs = 5_000;
const askEveryMs = 100;

/** Throws a StartupError when Redis does not answer within five seconds. */
export async function checkRedis({ config, redis }: Pick<Services, 'config' | 'redis'>): Promise<void> {
  if (!config.production || config.redisOptional || config.redisUrl === undefined) return;
  await redis.settled;
  const deadline = performance.now() + patienceMs;
  while (!redis.available && performance.now() < deadline) await sleep(askEveryMs);
  if (redis.available) return;
  throw new StartupError(
    `Redis at ${new URL(config.redisUrl).host} does not answer: check REDIS_URL, or set REDIS_OPTIONAL=on to start without it.`,
  );
}
