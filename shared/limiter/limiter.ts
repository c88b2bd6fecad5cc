/**
 * Applies limits. Three steps, and most requests take one or two of them: what this process already knows to be
 * full is refused at once; Redis decides for all processes together; where Redis is not there the process decides
 * alone, from counts that it kept warm. Nothing here touches Postgres.
 */
import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.js';
import { registerMetrics } from '../metrics/metrics.js';
import type { RedisLink } from '../redis/redis.js';
import type { Services } from '../services.js';
import { createCounters } from './counters.js';
import { describeDecision, describeUsage, longestWait, staysFull } from './decide.js';
import { createGatherer } from './gather.js';
import { createLeases } from './leases.js';
import type { GenerationCheck, Lease, LeaseRequest, LimitCheck, LimitDecision } from './limit.js';
import { type LimiterCounters, limiterMetrics } from './limiter-metrics.js';
import { type Asked, askFor, type PreparedTake, prepareTake } from './prepared-take.js';
import { createRedisClock } from './redis-clock.js';
import { generationTtlMs, raiseScript, renewScript, takeScript } from './script.js';
import { decodeTake, encodeTake, generationKey, type TakeDecision } from './take-call.js';

export interface Limiter {
  /**
   * Asks every limit of a request (and the lease, if one is asked for), then charges all or none. One round trip
   * to Redis at most, shared with the other requests of the same turn of the event loop. Never rejects for want of Redis. `product` is what the keys are grouped by.
   */
  take(
    product: string,
    checks: readonly LimitCheck[],
    generations?: readonly GenerationCheck[],
    lease?: LeaseRequest,
  ): Promise<LimitDecision>;
  /** Names the keys of a request once; the result serves any number of `takePrepared`. */
  prepare(
    product: string,
    checks: readonly LimitCheck[],
    generations: readonly GenerationCheck[],
  ): PreparedTake;
  takePrepared(prepared: PreparedTake, lease?: LeaseRequest): Promise<LimitDecision>;
  /** The same by this process alone, for limits that guard what comes before a caller is known. */
  takeAlone(product: string, checks: readonly LimitCheck[]): LimitDecision;
  /** Makes every record about the subject stale that was cached before this version. False if Redis missed it. */
  raise(products: readonly string[], subject: string, version: number): Promise<boolean>;
  /** Lengthens a lease. False when it ran out and its place is gone. */
  renewLease(lease: Lease): Promise<boolean>;
  releaseLease(lease: Lease): Promise<void>;
  /** Since the process began: decisions by who decided, and refusals by product and limit. */
  readonly counters: LimiterCounters;
}

export interface LimiterOptions {
  link: RedisLink;
  clock: Clock;
  /** Multiplies every quota of a window; leases are not rates and stay as they are. */
  factor?: number;
}

const limiters = new WeakMap<RedisLink, Limiter>();

type LimiterServices = Pick<Services, 'redis' | 'clock' | 'config' | 'logger'>;

/** The limiter of this process: one for all that share a link, inside and outside of transactions. */
export function limiterOf({ redis, clock, config, logger }: LimiterServices): Limiter {
  const known = limiters.get(redis);
  if (known) return known;
  const factor = config.rateLimitFactor;
  if (factor !== 1) logger.warn({ factor }, 'RATE_LIMIT_FACTOR multiplies every rate limit');
  const limiter = createLimiter({ link: redis, clock, factor });
  limiters.set(redis, limiter);
  registerMetrics({ redis }, limiterMetrics(limiter.counters));
  return limiter;
}

/** What Redis decided; otherwise whether it was asked. */
type Asking = { decision: LimitDecision } | { decision: undefined; sent: boolean };

export function createLimiter({ link, clock, factor = 1 }: LimiterOptions): Limiter {
  const counters = createCounters();
  const leases = createLeases();
  const raised = new LRUCache<string, number>({ max: 50_000, ttl: generationTtlMs });
  const epochs = new Map<string, string>();
  const refusals = new Map<string, number>();
  const tally = { redis: 0, process: 0, refusals };
  const redisClock = createRedisClock(clock);
  const redisNow = redisClock.now;

  const prepare: Limiter['prepare'] = (product, checks, generations) =>
    prepareTake(product, checks, generations, factor);

  /** Redis is asked once per product and turn of the event loop. */
  const decideInRedis = createGatherer<Asked, Asking>(async (product, asked) => {
    if (!link.available) return asked.map(() => ({ decision: undefined, sent: false }));
    const session = link.session;
    const sentAt = clock.ms();
    const now = redisNow();
    const requests = asked.map((one) => ({
      ...one,
      seeds: counters.sendSeeds(one.keys, one.checks, session, now),
    }));
    const { keys, args } = encodeTake(product, requests, clock.offsetMs);
    const reply = decodeTake(requests, await link.runScript(takeScript, keys, args));
    if (!reply) return asked.map(() => ({ decision: undefined, sent: true }));
    const { nowMs } = reply;
    redisClock.learn(sentAt, nowMs, session);
    const lost = noticeEpoch(product, reply.epoch);
    return asked.map((one, index) => {
      const decided = reply.decisions[index];
      return decided
        ? { decision: describe(one, decided, { nowMs, session, lost }) }
        : { decision: undefined, sent: true };
    });
  });

  function describe(
    asked: Asked,
    { allowed, counts, held, generations: found }: TakeDecision,
    { nowMs, session, lost }: { nowMs: number; session: number; lost: boolean },
  ): LimitDecision {
    const { checks, keys, generations, lease } = asked;
    counters.learn(keys, checks, counts, session);
    if (lease) leases.learn(lease.key, held, lease.ttlMs, nowMs, session, allowed ? lease : undefined);
    const decision = describeDecision(checks, counts, allowed, nowMs, 'redis');
    generations.forEach(({ subject, version: known }, index) => {
      const version = found[index] ?? 0;
      if (lost || version > known) decision.stale.push({ subject, version });
    });
    return lease ? withLease(decision, asked, nowMs) : decision;
  }

  function decideAlone(asked: Asked, sent = false): LimitDecision {
    const { checks, keys, generations, generationKeys, lease } = asked;
    const now = redisNow();
    const newest = generations.map(({ subject }, index) => ({
      subject,
      version: raised.get(generationKeys[index] ?? '') ?? 0,
    }));
    const stale = newest.filter(({ version }, index) => version > (generations[index]?.version ?? 0));
    const full = lease !== undefined && leases.count(lease.key, now).used >= lease.quota;
    const { allowed, counts } = full
      ? { allowed: false, counts: counters.read(keys, checks, now) }
      : counters.take(keys, checks, now, sent);
    if (lease && allowed) leases.take(lease, now);
    const decision = { ...describeDecision(checks, counts, allowed, now, 'process'), stale };
    return withLease(decision, asked, now);
  }

  /** Adds the lease to a decision about windows: as a usage, and as what was taken or what refused. */
  function withLease(decision: LimitDecision, { request, lease }: Asked, nowMs: number): LimitDecision {
    if (!request || !lease) return decision;
    const usage = describeUsage(
      { ...request, window: { kind: 'held' } },
      leases.count(lease.key, nowMs),
      nowMs,
    );
    const usages = [...decision.usages, usage];
    if (decision.allowed) return { ...decision, usages, lease };
    const refusing = decision.refusedBy ? [decision.refusedBy] : [];
    if (usage.remaining === 0) refusing.push(usage);
    return { ...decision, usages, refusedBy: longestWait(refusing) };
  }

  /** Another epoch than before means that generations were lost with it: whatever is cached is in doubt. */
  function noticeEpoch(product: string, epoch: string): boolean {
    const known = epochs.get(product);
    epochs.set(product, epoch);
    if (known === undefined || known === epoch) return false;
    link.announceReset();
    return true;
  }

  async function takePrepared(prepared: PreparedTake, request?: LeaseRequest): Promise<LimitDecision> {
    const asked = askFor(prepared, request);
    const { product, checks, keys } = asked;
    const now = redisNow();
    const known = counters.read(keys, checks, now);
    let decision: LimitDecision;
    if (staysFull(checks, known)) decision = describeDecision(checks, known, false, now, 'process');
    else if (!link.available) decision = decideAlone(asked);
    else {
      const asking = await decideInRedis(product, asked);
      decision = asking.decision ?? decideAlone(asked, asking.sent);
    }
    tally[decision.source] += 1;
    const { refusedBy } = decision;
    if (refusedBy) {
      const name = `${product} ${refusedBy.name}`;
      refusals.set(name, (refusals.get(name) ?? 0) + 1);
    }
    return decision;
  }

  return {
    counters: tally,

    prepare,
    takePrepared,
    take: (product, checks, generations = [], lease) =>
      takePrepared(prepare(product, checks, generations), lease),
    takeAlone: (product, checks) => decideAlone(askFor(prepare(product, checks, []))),

    async raise(products, subject, version) {
      const responses = await Promise.all(
        products.map((product) => {
          const key = generationKey(product, subject);
          raised.set(key, Math.max(version, raised.get(key) ?? 0));
          return link.runScript(raiseScript, [key], [version]);
        }),
      );
      return responses.every((response) => response === 1);
    },

    async renewLease(lease) {
      const place = leases.find(lease);
      if (!place) return false;
      const session = link.session;
      const mayReenter = place.session === session ? 0 : 1;
      const args = [clock.offsetMs, lease.id, lease.ttlMs, lease.quota, mayReenter];
      const held = await link.runScript(renewScript, [lease.key], args);
      if (held === 0) leases.release(lease);
      else leases.renew(lease, redisNow(), held === undefined ? place.session : session);
      return held !== 0;
    },

    async releaseLease(lease) {
      leases.release(lease);
      await link.run((redis) => redis.zrem(lease.key, lease.id));
    },
  };
}
