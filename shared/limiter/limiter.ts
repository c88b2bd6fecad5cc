/**
 * Applies limits. Three steps, and most requests take one or two of them: what this process already knows to be
 * full is refused at once; Redis decides for all processes together; where Redis is not there the process decides
 * alone, from counts that it kept warm. Nothing here touches Postgres.
 */
import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.js';
import { registerMetrics } from '../metrics/metrics.js';
import type { RedisLink } from '../redis/redis.js';
import type { Services } from '../services.js';
import { createCounters } from './counters.js';
import { describeDecision, describeUsage, longestWait, staysFull } from './decide.js';
import { createLeases } from './leases.js';
import type { GenerationCheck, Lease, LeaseRequest, LimitCheck, LimitDecision } from './limit.js';
import { type LimiterCounters, limiterMetrics } from './limiter-metrics.js';
import { generationTtlMs, raiseScript, renewScript, takeScript } from './script.js';
import { decodeTake, encodeTake, generationKey, leaseKey, limitKey, type TakeCall } from './take-call.js';

export interface Limiter {
  /**
   * Asks every limit of a request (and the lease, if one is asked for), then charges all or none. One round trip
   * to Redis at most. Never rejects for want of Redis. `product` is what the keys are grouped by.
   */
  take(
    product: string,
    checks: LimitCheck[],
    generations?: GenerationCheck[],
    lease?: LeaseRequest,
  ): Promise<LimitDecision>;
  /** The same by this process alone, for limits that guard what comes before a caller is known. */
  takeAlone(product: string, checks: LimitCheck[]): LimitDecision;
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

/** What one request asks for, with its keys. */
type Asked = Omit<TakeCall, 'seeds' | 'offsetMs'> & { request: LeaseRequest | undefined };

export function createLimiter({ link, clock, factor = 1 }: LimiterOptions): Limiter {
  const counters = createCounters();
  const leases = createLeases();
  const raised = new LRUCache<string, number>({ max: 50_000, ttl: generationTtlMs });
  const epochs = new Map<string, string>();
  const refusals = new Map<string, number>();
  const tally = { redis: 0, process: 0, refusals };
  /** How far Redis's clock was ahead of ours when it last answered. */
  let aheadMs = 0;

  const redisNow = (): number => clock.ms() + aheadMs;

  function prepare(
    product: string,
    given: LimitCheck[],
    generations: GenerationCheck[],
    request?: LeaseRequest,
  ): Asked {
    const checks =
      factor === 1
        ? given
        : given.map((check) => ({ ...check, quota: Math.max(1, Math.round(check.quota * factor)) }));
    const keys = checks.map((check) => limitKey(product, check));
    const lease = request && {
      id: randomUUID(),
      key: leaseKey(product, request),
      quota: request.quota,
      ttlMs: request.ttlSeconds * 1000,
    };
    return { product, checks, keys, generations, request, lease };
  }

  async function decideInRedis(asked: Asked): Promise<LimitDecision | undefined> {
    const { checks, keys, generations, lease } = asked;
    const session = link.session;
    const sentAt = clock.ms();
    const seeds = counters.sendSeeds(keys, checks, session, redisNow());
    const call = { ...asked, seeds, offsetMs: clock.offsetMs };
    const encoded = encodeTake(call);
    const reply = decodeTake(call, await link.runScript(takeScript, encoded.keys, encoded.args));
    if (!reply) return undefined;
    const { nowMs, counts, allowed, held } = reply;
    aheadMs = nowMs - sentAt;
    counters.learn(keys, checks, counts, session);
    if (lease) leases.learn(lease.key, held, lease.ttlMs, nowMs, session, allowed ? lease : undefined);
    const lost = noticeEpoch(asked.product, reply.epoch);
    const newest = generations.map(({ subject }, index) => ({
      subject,
      version: reply.generations[index] ?? 0,
    }));
    const stale = newest.filter(({ version }, index) => lost || version > (generations[index]?.version ?? 0));
    const decision = { ...describeDecision(checks, counts, allowed, nowMs, 'redis'), stale };
    return withLease(decision, asked, nowMs);
  }

  function decideAlone(asked: Asked, sent = false): LimitDecision {
    const { product, checks, keys, generations, lease } = asked;
    const now = redisNow();
    const newest = generations.map(({ subject }) => ({
      subject,
      version: raised.get(generationKey(product, subject)) ?? 0,
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

  return {
    counters: tally,

    async take(product, checks, generations = [], lease) {
      const asked = prepare(product, checks, generations, lease);
      const now = redisNow();
      const known = counters.read(asked.keys, asked.checks, now);
      const sent = link.available;
      let decision: LimitDecision | undefined;
      if (staysFull(asked.checks, known))
        decision = describeDecision(asked.checks, known, false, now, 'process');
      else if (sent) decision = await decideInRedis(asked);
      decision ??= decideAlone(asked, sent);
      tally[decision.source] += 1;
      const { refusedBy } = decision;
      if (refusedBy) {
        const name = `${product} ${refusedBy.name}`;
        refusals.set(name, (refusals.get(name) ?? 0) + 1);
      }
      return decision;
    },

    takeAlone: (product, checks) => decideAlone(prepare(product, checks, [])),

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
