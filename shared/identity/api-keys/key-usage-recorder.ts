/**
 * Notes what keys do without making a call wait for it: in this process's memory, written every two seconds and at
 * the end in one statement for each kind of thing. The first use of a key that this process sees is written at
 * once, so that a key that is used a single time shows it. A process that is killed loses two seconds of this.
 *
 * Memory is bounded: a flood costs the oldest of the noted calls, and when even the counts are full (Postgres is
 * gone for long), what comes then. Everything noted is best effort; what decides or bills is never kept here.
 */
import { LRUCache } from 'lru-cache';
import type { Services } from '../../services.js';
import { type KeyCall, keptCallsPerKey, writeKeyCalls } from './key-calls.js';
import { addKeyUsage, hourOf, touchKeys } from './key-usage.js';

export interface KeyUsageRecorder {
  /** Takes about a microsecond and never throws. */
  note(call: KeyCall): void;
  /** Settles when everything noted before is written, or could not be. */
  flush(): Promise<void>;
  /** Writes what is left and stops. */
  close(): Promise<void>;
  /** Calls that were counted nowhere for want of room, since the process began. */
  readonly dropped: number;
}

const flushEveryMs = 2000;
const maximumKeys = 20_000;
const maximumCalls = 50_000;
const rememberedKeys = 50_000;

interface Noted {
  lastUsedAt: Date;
  /** By hour (Unix milliseconds) and class of status. */
  counts: Map<number, number>;
  calls: KeyCall[];
}

export function createKeyUsageRecorder(services: Services): KeyUsageRecorder {
  const seen = new LRUCache<string, true>({ max: rememberedKeys });
  let noted = new Map<string, Noted>();
  let callCount = 0;
  let dropped = 0;
  let soon: NodeJS.Immediate | undefined;
  let last: Promise<void> = Promise.resolve();
  let flushing = false;

  const timer = setInterval(() => {
    if (!flushing && noted.size > 0) void flush();
  }, flushEveryMs).unref();

  function note(call: KeyCall): void {
    const entry = noted.get(call.keyId) ?? addKey(call);
    if (!entry) {
      dropped += 1;
      return;
    }
    if (call.at > entry.lastUsedAt) entry.lastUsedAt = call.at;
    const slot = countSlot(call);
    entry.counts.set(slot, (entry.counts.get(slot) ?? 0) + 1);
    addCalls(entry, [call]);
    if (seen.has(call.keyId)) return;
    seen.set(call.keyId, true);
    soon ??= setImmediate(() => {
      soon = undefined;
      void flush();
    });
  }

  function addKey({ keyId, at }: KeyCall): Noted | undefined {
    if (noted.size >= maximumKeys) return undefined;
    const entry: Noted = { lastUsedAt: at, counts: new Map(), calls: [] };
    noted.set(keyId, entry);
    return entry;
  }

  /** Keeps the newest of a key's calls; trimming in steps, so that adding one stays cheap. */
  function addCalls(entry: Noted, calls: KeyCall[]): void {
    if (callCount + calls.length > maximumCalls) return;
    entry.calls.push(...calls);
    callCount += calls.length;
    if (entry.calls.length < 2 * keptCallsPerKey) return;
    callCount -= entry.calls.length - keptCallsPerKey;
    entry.calls = entry.calls.slice(-keptCallsPerKey);
  }

  function flush(): Promise<void> {
    last = last.then(writeNoted);
    return last;
  }

  async function writeNoted(): Promise<void> {
    const batch = noted;
    if (batch.size === 0) return;
    noted = new Map();
    callCount = 0;
    flushing = true;
    const steps = [
      () => touchKeys(services, new Map([...batch].map(([keyId, { lastUsedAt }]) => [keyId, lastUsedAt]))),
      () =>
        addKeyUsage(
          services,
          [...batch].flatMap(([keyId, { counts }]) => usageOf(keyId, counts)),
        ),
      () =>
        writeKeyCalls(
          services,
          [...batch.values()].flatMap(({ calls }) => calls.slice(-keptCallsPerKey)),
        ),
    ];
    try {
      for (let step = steps.shift(); step; step = steps.shift()) await step();
    } catch (error) {
      services.logger.warn({ err: error }, 'the use of keys could not be written');
      putBack(batch, steps.length);
    } finally {
      flushing = false;
    }
  }

  /** What was not written waits for the next time; what was is not counted twice. `left` steps were not tried. */
  function putBack(batch: Map<string, Noted>, left: number): void {
    for (const [keyId, old] of batch) {
      const entry =
        noted.get(keyId) ?? (noted.size < maximumKeys ? { ...old, counts: new Map(), calls: [] } : undefined);
      if (!entry) continue;
      noted.set(keyId, entry);
      if (old.lastUsedAt > entry.lastUsedAt) entry.lastUsedAt = old.lastUsedAt;
      if (left > 0)
        for (const [slot, calls] of old.counts) entry.counts.set(slot, (entry.counts.get(slot) ?? 0) + calls);
      const newer = entry.calls;
      callCount -= newer.length;
      entry.calls = [];
      addCalls(entry, [...old.calls, ...newer].slice(-keptCallsPerKey));
    }
  }

  return {
    note,
    flush,
    get dropped() {
      return dropped;
    },
    async close() {
      clearInterval(timer);
      clearImmediate(soon);
      await flush();
    },
  };
}

/** An hour and a class of status in one number, as hours are whole seconds. */
const countSlot = ({ at, status }: KeyCall): number => hourOf(at).getTime() + Math.floor(status / 100);

function usageOf(keyId: string, counts: Map<number, number>) {
  return [...counts].map(([slot, calls]) => {
    const statusClass = slot % 1000;
    return { keyId, hour: new Date(slot - statusClass), statusClass, calls };
  });
}
