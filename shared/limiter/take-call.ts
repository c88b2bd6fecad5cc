/**
 * One call of the take script (script.ts): how the requests of a turn become KEYS and ARGV, and what its reply means.
 * The hash tag of every key is the product, so that one call needs one slot of a cluster.
 */
import { randomInt } from 'node:crypto';
import type { Seed } from './counters.js';
import type { Count } from './decide.js';
import { type GenerationCheck, type Lease, type LimitCheck, windowSeconds } from './limit.js';

export const limitKey = (product: string, { name, subject }: LimitCheck): string =>
  `{${product}}:limit:${name}:${subject}`;

export const generationKey = (product: string, subject: string): string =>
  `{${product}}:generation:${subject}`;

export const leaseKey = (product: string, { name, subject }: { name: string; subject: string }): string =>
  `{${product}}:held:${name}:${subject}`;

export interface TakeRequest {
  checks: readonly LimitCheck[];
  /** The key of each check. */
  keys: readonly string[];
  generations: readonly GenerationCheck[];
  /** The key of each generation. */
  generationKeys: readonly string[];
  lease: Lease | undefined;
  /** What Redis may not know, by the check's position in the list. */
  seeds: Map<number, Seed>;
}

/** All that Redis says to one call of the script. */
export interface TakeReply {
  nowMs: number;
  epoch: string;
  /** In the order of the requests. */
  decisions: TakeDecision[];
}

export interface TakeDecision {
  allowed: boolean;
  /** Leases held under the lease's key; -1 without a lease. */
  held: number;
  counts: Count[];
  /** The current generation of each subject asked about, 0 if none. */
  generations: number[];
}

export function encodeTake(
  product: string,
  requests: readonly TakeRequest[],
  offsetMs: number,
): { keys: string[]; args: Array<string | number> } {
  const keys = [`{${product}}:epoch`];
  const args: Array<string | number> = [offsetMs, newEpoch(), 0, requests.length];
  const places = new Map<string, number>();
  const placeOf = (key: string): number => {
    let place = places.get(key);
    if (place === undefined) {
      place = keys.push(key);
      places.set(key, place);
    }
    return place;
  };
  // Sets of leases come last: the script reads everything before them with one MGET.
  for (const request of requests) {
    for (const key of request.keys) placeOf(key);
    for (const key of request.generationKeys) placeOf(key);
  }
  args[2] = keys.length;
  for (const { checks, keys: ownKeys, generationKeys, lease, seeds } of requests) {
    args.push(checks.length, generationKeys.length, seeds.size, lease?.ttlMs ?? 0);
    checks.forEach((check, index) => {
      args.push(placeOf(ownKeys[index] ?? ''), check.quota, check.cost ?? 1, scriptLength(check.window));
    });
    for (const key of generationKeys) args.push(placeOf(key));
    if (lease) args.push(placeOf(lease.key), lease.quota, lease.id);
    for (const [index, seed] of seeds) args.push(index + 1, seed.remainingMs, seed.used, seed.unsent);
  }
  return { keys, args };
}

/** Undefined when Redis was not there. */
export function decodeTake(requests: readonly TakeRequest[], reply: unknown): TakeReply | undefined {
  if (!Array.isArray(reply)) return undefined;
  let at = 2;
  const decisions = requests.map(({ checks, generationKeys }): TakeDecision => {
    const allowed = reply[at++] === 1;
    const held: number = reply[at++];
    const counts = checks.map((): Count => ({ used: reply[at++], endsAtMs: reply[at++] }));
    const generations = generationKeys.map((): number => reply[at++]);
    return { allowed, held, counts, generations };
  });
  return { nowMs: reply[0], epoch: String(reply[1]), decisions };
}

/** A window as the script takes it: its length in milliseconds, negative for the hour of the clock. */
function scriptLength(window: LimitCheck['window']): number {
  const milliseconds = windowSeconds(window) * 1000;
  return window.kind === 'clockHour' ? -milliseconds : milliseconds;
}

const ownEpochs = randomInt(2 ** 47);
let epochsOffered = 0;

/** Planted by the call that finds Redis empty; never the same twice, or a second flush would go unnoticed. */
function newEpoch(): string {
  epochsOffered += 1;
  return `${ownEpochs}-${epochsOffered}`;
}
