/**
 * How far the clock of Redis is ahead of ours, from its replies. A reply that took long says little, so the estimate
 * comes from the quickest one of the last minute (as NTP does), taken at the middle of its round trip.
 */
import type { Clock } from '../clock.js';

export interface RedisClock {
  /** The time of Redis, as far as it is known; Unix milliseconds. */
  now(): number;
  /** A reply to what was sent at `sentAtMs` of our clock, which says that it was `redisMs` in Redis. */
  learn(sentAtMs: number, redisMs: number, session: number): void;
}

const estimateLifeMs = 60_000;

export function createRedisClock(clock: Clock): RedisClock {
  let aheadMs = 0;
  let best = { roundTripMs: Number.POSITIVE_INFINITY, atMs: 0, session: -1 };
  return {
    now: () => clock.ms() + aheadMs,
    learn(sentAtMs, redisMs, session) {
      const atMs = clock.ms();
      const roundTripMs = atMs - sentAtMs;
      const outdated = session !== best.session || atMs - best.atMs > estimateLifeMs;
      if (!outdated && roundTripMs > best.roundTripMs) return;
      best = { roundTripMs, atMs, session };
      aheadMs = Math.round(redisMs - (sentAtMs + atMs) / 2);
    },
  };
}
