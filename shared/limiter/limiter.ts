/**
 * Applies limits. Three steps, and most requests take one or two of them: what this process already knows to be
 * full is refused at once; Redis decides for all processes together; where Redis is not there the process decides
 * alone, from counts that it kept warm. Nothing here touches Postgres.
 */
import { randomInt, randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.js';
import type { RedisLink } from '../redis.js';
import type { Services } from '../services.js';
import { createCounters, type Seed } from './counters.js';
import { allFit, type Count, describeDecision, describeUsage, longestWait } from './decide.js';
import { createLeases } from './leases.js';
import {
  type GenerationCheck,
  type Lease,
  type LeaseRequest,
  type LimitCheck,
  type LimitDecision,
  windowSeconds,
} from './limit.js';
import { generationTtlMs, raiseScript, renewScript, takeScript } from './script.js';

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
  /** Decisions since the process began, by who decided. */
  readonly counters: { redis: number; process: number; refused: number };
}

export interface LimiterOptions {
  link: RedisLink;
  clock: Clock;
  /** Multiplies every quota of a window; leases are not rates and stay as they are. */
  factor?: number;
}

const limiters = new WeakMap<RedisLink, Limiter>();

/** The limiter of this process: one for all that share a link, inside and outside of transactions. */
export function limiterOf({ redis, clock, config }: Pick<Services, 'redis' | 'clock' | 'config'>): Limiter {
  const limiter =
    limiters.get(redis) ?? createLimiter({ link: redis, clock, factor: config.rateLimitFactor });
  limiters.set(redis, limiter);
  return limiter;
}

export function createLimiter({ link, clock, factor = 1 }: LimiterOptions): Limiter {
  const counters = createCounters();
  const leases = createLeases();
  const raised = new LRUCache<string, number>({ max: 50_000, ttl: generationTtlMs });
  const epochs = new Map<string, string>();
  const tally = { redis: 0, process: 0, refused: 0 };
  /** How far Redis's clock was ahead of ours when it last answered. */
  let aheadMs = 0;

  const redisNow = (): number => clock.ms() + aheadMs;
  const limitKey = (product: string, check: LimitCheck): string =>
    `{${product}}:limit:${check.name}:${check.subject}`;
  const generationKey = (product: string, subject: string): string => `{${product}}:generation:${subject}`;
  const scale = (check: LimitCheck): LimitCheck =>
    factor === 1 ? check : { ...check, quota: Math.max(1, Math.round(check.quota * factor)) };

  function newLease(product: string, request: LeaseRequest): Lease {
    const key = `{${product}}:held:${request.name}:${request.subject}`;
    return { id: randomUUID(), key, quota: request.quota, ttlMs: request.ttlSeconds * 1000 };
  }

  /** Adds the lease to a decision about windows: as a usage, and as what was taken or what refused. */
  function withLease(
    decision: LimitDecision,
    request: LeaseRequest,
    lease: Lease,
    nowMs: number,
    full: boolean,
  ): LimitDecision {
    const usage = describeUsage(
      { ...request, window: { kind: 'held' } },
      leases.count(lease.key, nowMs),
      nowMs,
    );
    const usages = [...decision.usages, usage];
    if (decision.allowed) return { ...decision, usages, lease };
    const refusing = decision.refusedBy ? [decision.refusedBy] : [];
    return { ...decision, usages, refusedBy: longestWait(full ? [...refusing, usage] : refusing) };
  }

  function staleHere(product: string, generations: GenerationCheck[]): GenerationCheck[] {
    return generations
      .map(({ subject, version }) => ({
        subject,
        version: Math.max(version, raised.get(generationKey(product, subject)) ?? 0),
      }))
      .filter((newest, index) => newest.version !== generations[index]?.version);
  }

  function decideAlone(
    product: string,
    checks: LimitCheck[],
    keys: string[],
    generations: GenerationCheck[],
    request: LeaseRequest | undefined,
  ): LimitDecision {
    const now = redisNow();
    const stale = staleHere(product, generations);
    if (!request) {
      const { allowed, counts } = counters.take(keys, checks, now);
      return { ...describeDecision(checks, counts, allowed, now, 'process'), stale };
    }
    const lease = newLease(product, request);
    const full = leases.count(lease.key, now).used >= lease.quota;
    const taken = full
      ? { allowed: false, counts: counters.read(keys, checks, now) }
      : counters.take(keys, checks, now);
    if (taken.allowed) leases.take(lease, now);
    const decision = { ...describeDecision(checks, taken.counts, taken.allowed, now, 'process'), stale };
    return withLease(decision, request, lease, now, full);
  }

  async function decideInRedis(
    product: string,
    checks: LimitCheck[],
    keys: string[],
    generations: GenerationCheck[],
    request: LeaseRequest | undefined,
  ): Promise<LimitDecision | undefined> {
    const session = link.session;
    const sentAt = clock.ms();
    const lease = request && newLease(product, request);
    const epochKey = `{${product}}:epoch`;
    const scriptKeys = [
      epochKey,
      ...keys,
      ...generations.map(({ subject }) => generationKey(product, subject)),
    ];
    const args: Array<string | number> = [
      clock.offsetMs,
      newEpoch,
      checks.length,
      generations.length,
      lease?.ttlMs ?? 0,
    ];
    for (const check of checks) args.push(check.quota, check.cost ?? 1, scriptLength(check));
    if (lease) {
      scriptKeys.push(lease.key);
      args.push(lease.quota, lease.id);
    }
    const seeds: Array<{ key: string; check: LimitCheck; seed: Seed }> = [];
    checks.forEach((check, index) => {
      const key = keys[index] ?? '';
      const seed = counters.sendSeed(key, check, session, redisNow());
      if (!seed) return;
      seeds.push({ key, check, seed });
      args.push(index + 1, seed.remainingMs, seed.used, seed.unsent);
    });
    const reply = await link.runScript(takeScript, scriptKeys, args);
    if (!Array.isArray(reply)) {
      for (const { key, check, seed } of seeds) counters.returnSeed(key, check, seed);
      return undefined;
    }
    const [nowMs, epoch, passed, held] = reply;
    aheadMs = nowMs - sentAt;
    const counts = checks.map(
      (_check, index): Count => ({ used: reply[4 + 2 * index], endsAtMs: reply[5 + 2 * index] }),
    );
    checks.forEach((check, index) => {
      const count = counts[index];
      if (count) counters.learn(keys[index] ?? '', check, count, session);
    });
    const lost = noticeEpoch(product, String(epoch));
    const firstGeneration = 4 + 2 * checks.length;
    const stale = generations
      .map(({ subject }, index) => ({ subject, version: Number(reply[firstGeneration + index]) }))
      .filter(({ version }, index) => lost || version > (generations[index]?.version ?? 0));
    const decision = { ...describeDecision(checks, counts, passed === 1, nowMs, 'redis'), stale };
    if (!request || !lease) return decision;
    leases.learn(lease.key, held, lease.ttlMs, nowMs, session, decision.allowed ? lease : undefined);
    return withLease(decision, request, lease, nowMs, held >= lease.quota && !decision.allowed);
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

    async take(product, asked, generations = [], request) {
      const checks = asked.map(scale);
      const keys = checks.map((check) => limitKey(product, check));
      const now = redisNow();
      const known = counters.read(keys, checks, now);
      let decision: LimitDecision | undefined;
      if (!allFit(checks, known)) decision = describeDecision(checks, known, false, now, 'process');
      else if (link.available) decision = await decideInRedis(product, checks, keys, generations, request);
      decision ??= decideAlone(product, checks, keys, generations, request);
      tally[decision.source] += 1;
      if (!decision.allowed) tally.refused += 1;
      return decision;
    },

    takeAlone(product, asked) {
      const checks = asked.map(scale);
      const keys = checks.map((check) => limitKey(product, check));
      const { allowed, counts } = counters.take(keys, checks, redisNow());
      return describeDecision(checks, counts, allowed, redisNow(), 'process');
    },

    async raise(products, subject, version) {
      const answers = await Promise.all(
        products.map((product) => {
          const key = generationKey(product, subject);
          raised.set(key, Math.max(version, raised.get(key) ?? 0));
          return link.runScript(raiseScript, [key], [version]);
        }),
      );
      return answers.every((answer) => answer === 1);
    },

    async renewLease(lease) {
      const place = leases.find(lease);
      if (!place) return false;
      const session = link.session;
      const again = place.session === session ? 0 : 1;
      const args = [clock.offsetMs, lease.id, lease.ttlMs, lease.quota, again];
      const held = link.available ? await link.runScript(renewScript, [lease.key], args) : undefined;
      if (held === 0) {
        leases.release(lease);
        return false;
      }
      leases.renew(lease, redisNow(), held === undefined ? place.session : session);
      return true;
    },

    async releaseLease(lease) {
      leases.release(lease);
      await link.run((redis) => redis.zrem(lease.key, lease.id));
    },
  };
}

/** Planted by whichever process finds Redis empty. */
const newEpoch = randomInt(2 ** 47).toString();

/** A window as the script takes it: its length in milliseconds, negative for the hour of the clock. */
function scriptLength(check: LimitCheck): number {
  const milliseconds = windowSeconds(check.window) * 1000;
  return check.window.kind === 'clockHour' ? -milliseconds : milliseconds;
}
