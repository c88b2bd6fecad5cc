/**
 * The counters of this process. They decide alone where there is no Redis; where there is one they are kept warm
 * with every answer, so that an outage goes on from where Redis stopped, and so that a flood over a limit is
 * refused here without reaching Redis at all: a window's count only grows, so a full one stays full.
 *
 * Memory is bounded per limit: the least recently used subject goes first, and only past that bound.
 */
import { LRUCache } from 'lru-cache';
import { allFit, type Count, currentCount } from './decide.js';
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
  read(keys: string[], checks: LimitCheck[], nowMs: number): Count[];
  /** Charges all limits or none. Returns whether it did, and the counts after it. */
  take(keys: string[], checks: LimitCheck[], nowMs: number): { allowed: boolean; counts: Count[] };
  /** Hands over what Redis may not know of this limit; it counts as sent from then on. */
  sendSeed(key: string, check: LimitCheck, session: number, nowMs: number): Seed | undefined;
  /** Takes a seed back whose call came to nothing. */
  returnSeed(key: string, check: LimitCheck, seed: Seed): void;
  /** Remembers what Redis counts. */
  learn(key: string, check: LimitCheck, count: Count, session: number): void;
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

  function read(keys: string[], checks: LimitCheck[], nowMs: number): Count[] {
    return checks.map((check, index) =>
      currentCount(entriesOf(check).get(keys[index] ?? ''), check.window, nowMs),
    );
  }

  return {
    read,

    take(keys, checks, nowMs) {
      const counts = read(keys, checks, nowMs);
      const allowed = allFit(checks, counts);
      if (!allowed) return { allowed, counts };
      checks.forEach((check, index) => {
        const cost = check.cost ?? 1;
        const count = counts[index];
        const key = keys[index];
        if (cost === 0 || !count || key === undefined) return;
        count.used += cost;
        const entries = entriesOf(check);
        const entry = entries.get(key);
        const running = entry !== undefined && entry.endsAtMs > nowMs;
        entries.set(key, {
          ...count,
          unsent: (running ? entry.unsent : 0) + cost,
          session: running ? entry.session : 0,
        });
      });
      return { allowed, counts };
    },

    sendSeed(key, check, session, nowMs) {
      const entry = entriesOf(check).get(key);
      if (!entry || (entry.session === session && entry.unsent === 0)) return undefined;
      if (entry.endsAtMs <= nowMs) {
        entry.unsent = 0;
        return undefined;
      }
      const seed = { remainingMs: Math.ceil(entry.endsAtMs - nowMs), used: entry.used, unsent: entry.unsent };
      entry.unsent = 0;
      entry.session = session;
      return seed;
    },

    returnSeed(key, check, seed) {
      const entry = entriesOf(check).get(key);
      if (!entry) return;
      entry.unsent += seed.unsent;
      entry.session = 0;
    },

    learn(key, check, { used, endsAtMs }, session) {
      const entries = entriesOf(check);
      const entry = entries.get(key);
      if (!entry) {
        if (used > 0) entries.set(key, { used, endsAtMs, unsent: 0, session });
        return;
      }
      entry.used = used + entry.unsent;
      entry.endsAtMs = endsAtMs;
      entry.session = session;
    },
  };
}
