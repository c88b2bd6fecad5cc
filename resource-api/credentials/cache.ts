/**
 * What this process remembers about credentials, for at most a minute, in front of Postgres.
 *
 * A revoked credential must be refused by the very next request, in every process. Three things see to that:
 * a change notifies over LISTEN, and what depended on it is dropped; the generations that each request brings from
 * Redis tell a record that is older than a change (a lost notification costs nothing then); and while nobody
 * listens, because the connection is broken, nothing is remembered at all.
 *
 * The fill race: a read that began before a change may come back after it, with what was true before. So a read is
 * kept only if nothing was dropped since it began, and a request that knows of a newer generation does not join a
 * read that does not.
 */
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../shared/clock.js';
import type { GenerationCheck } from '../../shared/limiter/limit.js';
import type { PreparedTake } from '../../shared/limiter/prepared-take.js';
import type { CredentialRecord } from './scheme.js';

const recordLifeMs = 60_000;
const unknownLifeMs = 5_000;
const maximumRecords = 50_000;
const maximumUnknowns = 20_000;

/** A record and, for each subject that it depends on, the generation it is at least as new as. */
export interface Remembered {
  record: CredentialRecord;
  generations: GenerationCheck[];
  loadedAtMs: number;
  /** The limits that were last taken with this record, for the next request to the same kind of route. */
  prepared?: PreparedLimits;
}

export interface PreparedLimits {
  /** The limits of the route (RouteOptions.limits), the same list for every request to it. */
  routeLimits: readonly string[] | undefined;
  take: PreparedTake;
}

interface Flight {
  known: GenerationCheck[];
  loaded: Promise<Remembered | undefined>;
}

export interface CredentialCache {
  /** What is remembered; `unknown` when it was looked for a moment ago and nobody had it. */
  find(id: string): Remembered | 'unknown' | undefined;
  /**
   * Reads a credential, once for all who ask at the same time. `known` are generations that the caller has seen
   * and that the answer must not be older than.
   */
  load(
    id: string,
    read: () => Promise<CredentialRecord | undefined>,
    known?: GenerationCheck[],
  ): Promise<Remembered | undefined>;
  /** Forgets one credential. */
  forget(id: string): void;
  /** Forgets everything that depends on a subject (`key:…`, `account:…`). */
  drop(subject: string): void;
  clear(): void;
  /** Whether changes are being heard; while they are not, nothing is remembered. */
  setListening(listening: boolean): void;
  /** For metrics. */
  readonly counters: { hits: number; misses: number; drops: number };
  readonly size: number;
}

export function createCredentialCache(clock: Clock): CredentialCache {
  const idsBySubject = new Map<string, Set<string>>();
  const records = new LRUCache<string, Remembered>({ max: maximumRecords, dispose: unlink });
  const unknowns = new LRUCache<string, number>({ max: maximumUnknowns });
  const flights = new Map<string, Flight>();
  const counters = { hits: 0, misses: 0, drops: 0 };
  /** Rises with every drop: a read that began under an older number is not kept. */
  let drops = 0;
  let listening = false;

  function unlink({ record }: Remembered, id: string): void {
    for (const subject of record.dependsOn) {
      const ids = idsBySubject.get(subject);
      ids?.delete(id);
      if (ids?.size === 0) idsBySubject.delete(subject);
    }
  }

  function keep(id: string, remembered: Remembered): void {
    records.set(id, remembered);
    for (const subject of remembered.record.dependsOn) {
      const ids = idsBySubject.get(subject) ?? new Set();
      idsBySubject.set(subject, ids.add(id));
    }
  }

  async function read(
    id: string,
    work: () => Promise<CredentialRecord | undefined>,
    known: GenerationCheck[],
  ) {
    const begunAt = drops;
    const loadedAtMs = clock.ms();
    const record = await work();
    const unchanged = listening && drops === begunAt;
    if (!record) {
      if (unchanged) unknowns.set(id, loadedAtMs);
      return undefined;
    }
    const generations = record.dependsOn.map((subject) => ({
      subject,
      version: known.find((check) => check.subject === subject)?.version ?? 0,
    }));
    const remembered = { record, generations, loadedAtMs };
    if (unchanged) keep(id, remembered);
    return remembered;
  }

  return {
    counters,
    get size() {
      return records.size;
    },

    find(id) {
      const remembered = records.get(id);
      if (remembered && clock.ms() - remembered.loadedAtMs < recordLifeMs) {
        counters.hits += 1;
        return remembered;
      }
      const lookedAtMs = unknowns.get(id);
      if (lookedAtMs !== undefined && clock.ms() - lookedAtMs < unknownLifeMs) return 'unknown';
      counters.misses += 1;
      return undefined;
    },

    load(id, work, known = []) {
      const running = flights.get(id);
      if (running && isAsNewAs(running.known, known)) return running.loaded;
      const loaded = read(id, work, known).finally(() => {
        if (flights.get(id) === flight) flights.delete(id);
      });
      const flight: Flight = { known, loaded };
      flights.set(id, flight);
      return loaded;
    },

    forget(id) {
      records.delete(id);
    },

    drop(subject) {
      drops += 1;
      counters.drops += 1;
      flights.clear();
      if (subject.startsWith('key:') || subject.startsWith('token:')) unknowns.clear();
      for (const id of [...(idsBySubject.get(subject) ?? [])]) records.delete(id);
    },

    clear: clearAll,

    setListening(now) {
      listening = now;
      clearAll();
    },
  };

  function clearAll(): void {
    drops += 1;
    flights.clear();
    unknowns.clear();
    records.clear();
  }
}

/** Whether a read that knows `have` may answer someone who has seen `want`. */
export function isAsNewAs(have: readonly GenerationCheck[], want: readonly GenerationCheck[]): boolean {
  return want.every(({ subject, version }) =>
    have.some((check) => check.subject === subject && check.version >= version),
  );
}
