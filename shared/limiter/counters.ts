/**
 * The counters of this process. They decide alone where there is no Redis; where there is one they are kept warm
 * with every answer, so that an outage goes on from where Redis stopped, and so that a flood over a limit is
 * refused here without reaching Redis at all: a window's count only grows, so a full one stays full.
 *
 * Memory is bounded per limit: the least recently used subject goes first, and only past that bound.
 */
import { LRUCache } from 'lru-cache';
import { allFit, type Count, currentCount, usedAfter } from './decide.js';
import type { LimitCheck } from './limit.js';

/** Subjects remembered per limit of a product. */
const subjectsPerLimit = 20_000;

interface Entry extends Count {
  /** Calls counted here that Redis has not been told of. */
  unsent: number;
  /** The session of the link in which Redis last confirmed this count. */
  session: number;
}

/** What Redis may not know about one limit; see script.ts. */
export interface Seed {
  remainingMs: number;
  used: number;
  unsent: number;
}

export interface Counters {
  /** The counts as this process knows them. */
  read(keys: readonly string[], checks: readonly LimitCheck[], nowMs: number): Count[];
  /**
   * Charges all limits or none. Returns whether it did, and the counts after it. `sent`: Redis was asked and gave
   * no answer; it will have counted the call all the same, unless it lost everything.
   */
  take(
    keys: readonly string[],
    checks: readonly LimitCheck[],
    nowMs: number,
    sent: boolean,
  ): { allowed: boolean; counts: Count[] };
  /** Hands over what Redis may not know, by the place in the list; it counts as sent from then on. */
  sendSeeds(
    keys: readonly string[],
    checks: readonly LimitCheck[],
    session: number,
    nowMs: number,
  ): Map<number, Seed>;
  /** Remembers what Redis counts. */
  learn(
    keys: readonly string[],
    checks: readonly LimitCheck[],
    counts: readonly Count[],
    session: number,
  ): void;
}

export function createCounters(): Counters {
  const byLimit = new Map<string, LRUCache<string, Entry>>();

  function entriesOf(check: LimitCheck): LRUCache<string, Entry> {
    let entries = byLimit.get(check.name);
    if (!entries) {
      entries = new LRUCache({ max: subjectsPerLimit });
      byLimit.set(check.name, entries);
    }
    return entries;
  }

  function read(keys: readonly string[], checks: readonly LimitCheck[], nowMs: number): Count[] {
    return checks.map((check, index) =>
      currentCount(entriesOf(check).get(keys[index] ?? ''), check.window, nowMs),
    );
  }

  return {
    read,

    take(keys, checks, nowMs, sent) {
      const counts = read(keys, checks, nowMs);
      const allowed = allFit(checks, counts);
      if (!allowed) return { allowed, counts };
      for (const [index, check] of checks.entries()) {
        const count = counts[index];
        const key = keys[index];
        if (!count || key === undefined) continue;
        const change = usedAfter(check, count.used) - count.used;
        if (change === 0) continue;
        count.used += change;
        const entries = entriesOf(check);
        const entry = entries.get(key);
        const running = entry !== undefined && entry.endsAtMs > nowMs;
        const unsent = (running ? entry.unsent : 0) + (sent ? 0 : change);
        entries.set(key, { ...count, unsent, session: running ? entry.session : 0 });
      }
      return { allowed, counts };
    },

    sendSeeds(keys, checks, session, nowMs) {
      const seeds = new Map<number, Seed>();
      for (const [index, check] of checks.entries()) {
        const entry = entriesOf(check).get(keys[index] ?? '');
        if (!entry || (entry.session === session && entry.unsent === 0)) continue;
        if (entry.endsAtMs > nowMs) {
          const remainingMs = Math.ceil(entry.endsAtMs - nowMs);
          seeds.set(index, { remainingMs, used: entry.used, unsent: entry.unsent });
        }
        entry.unsent = 0;
        entry.session = session;
      }
      return seeds;
    },

    learn(keys, checks, counts, session) {
      for (const [index, check] of checks.entries()) {
        const key = keys[index];
        const count = counts[index];
        if (key === undefined || !count) continue;
        const entries = entriesOf(check);
        const entry = entries.get(key);
        if (entry) {
          entry.used = count.used + entry.unsent;
          entry.endsAtMs = count.endsAtMs;
          entry.session = session;
        } else if (count.used > 0) {
          entries.set(key, { ...count, unsent: 0, session });
        }
      }
    },
  };
}
