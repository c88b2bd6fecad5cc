/**
 * The link to Redis, an accelerator that may be missing, frozen or gone at any time: nothing here ever throws
 * for that, and nobody waits for it.
 */
import { Redis } from 'ioredis';
import type { Clock } from './clock.js';
import type { Logger } from './logger.js';

export interface RedisLink {
  /** Whether an address was configured at all. */
  readonly enabled: boolean;
  readonly keyPrefix: string;
  /** Runs commands; undefined when Redis is not there right now. */
  run<T>(work: (redis: Redis) => Promise<T>): Promise<T | undefined>;
  close(): Promise<void>;
}

export interface RedisLinkOptions {
  url: string | undefined;
  keyPrefix: string;
  logger: Logger;
  clock: Clock;
}

export function createRedisLink({ url, keyPrefix, logger }: RedisLinkOptions): RedisLink {
  const redis = url
    ? new Redis(url, { enableOfflineQueue: false, commandTimeout: 100, maxRetriesPerRequest: 0 })
    : undefined;
  redis?.on('error', (error) => logger.warn({ err: error }, 'redis is not there'));
  return {
    enabled: redis !== undefined,
    keyPrefix,
    async run(work) {
      if (!redis) return undefined;
      try {
        return await work(redis);
      } catch {
        return undefined;
      }
    },
    async close() {
      redis?.disconnect();
    },
  };
}
