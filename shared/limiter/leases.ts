/**
 * Places that are held, as this process knows them: its own one by one, those of other processes as a number that
 * Redis told last. While Redis is away the sum decides; when it is back, each lease that is renewed is entered
 * again. A lease has an id of its own: a counter that is decremented leaks as soon as one end is lost.
 */
import type { Count } from './decide.js';
import type { Lease } from './limit.js';

interface Place {
  expiresAtMs: number;
  /** The session of the link in which Redis last confirmed it; 0 if never. */
  session: number;
}

interface Held {
  own: Map<string, Place>;
  others: number;
  othersUntilMs: number;
}

export interface Leases {
  /** Places taken under this key, and when the next one falls free at the latest. */
  count(key: string, nowMs: number): Count;
  /** Takes a place if fewer than the quota are taken. */
  take(lease: Lease, nowMs: number): boolean;
  /** Remembers that Redis gave this lease, or (without a lease) how many places it counts. */
  learn(key: string, held: number, ttlMs: number, nowMs: number, session: number, lease?: Lease): void;
  /** Whether Redis may have forgotten this lease; undefined when it is not held here any more. */
  find(lease: Lease): Place | undefined;
  renew(lease: Lease, nowMs: number, session: number): void;
  release(lease: Lease): void;
}

export function createLeases(): Leases {
  const byKey = new Map<string, Held>();

  function heldUnder(key: string): Held {
    const held = byKey.get(key) ?? { own: new Map(), others: 0, othersUntilMs: 0 };
    byKey.set(key, held);
    return held;
  }

  function count(key: string, nowMs: number): Count {
    const held = byKey.get(key);
    if (!held) return { used: 0, endsAtMs: nowMs };
    for (const [id, place] of held.own) if (place.expiresAtMs <= nowMs) held.own.delete(id);
    const others = held.othersUntilMs > nowMs ? held.others : 0;
    if (held.own.size === 0 && others === 0) byKey.delete(key);
    const ends = [...held.own.values()].map((place) => place.expiresAtMs);
    const endsAtMs = Math.min(...ends, others > 0 ? held.othersUntilMs : Number.POSITIVE_INFINITY);
    return { used: held.own.size + others, endsAtMs: Number.isFinite(endsAtMs) ? endsAtMs : nowMs };
  }

  return {
    count,

    take(lease, nowMs) {
      if (count(lease.key, nowMs).used >= lease.quota) return false;
      heldUnder(lease.key).own.set(lease.id, { expiresAtMs: nowMs + lease.ttlMs, session: 0 });
      return true;
    },

    learn(key, total, ttlMs, nowMs, session, lease) {
      const held = heldUnder(key);
      if (lease) held.own.set(lease.id, { expiresAtMs: nowMs + ttlMs, session });
      held.others = Math.max(0, total - held.own.size);
      held.othersUntilMs = nowMs + ttlMs;
      count(key, nowMs);
    },

    find: (lease) => byKey.get(lease.key)?.own.get(lease.id),

    renew(lease, nowMs, session) {
      const place = byKey.get(lease.key)?.own.get(lease.id);
      if (!place) return;
      place.expiresAtMs = nowMs + lease.ttlMs;
      place.session = session;
    },

    release(lease) {
      const held = byKey.get(lease.key);
      held?.own.delete(lease.id);
      if (held?.own.size === 0) byKey.delete(lease.key);
    },
  };
}
