/**
 * One call of the take script (script.ts): how a request's limits become KEYS and ARGV, and what its reply means.
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

export interface TakeCall {
  product: string;
  checks: LimitCheck[];
  /** The key of each check. */
  keys: string[];
  generations: GenerationCheck[];
  lease: Lease | undefined;
  /** What Redis may not know, by the check's place in the list. */
  seeds: Map<number, Seed>;
  offsetMs: number;
}

export interface TakeReply {
  nowMs: number;
  epoch: string;
  allowed: boolean;
  /** Places taken under the lease's key. */
  held: number;
  counts: Count[];
  /** The current generation of each subject asked about, 0 if none. */
  generations: number[];
}

export function encodeTake(call: TakeCall): { keys: string[]; args: Array<string | number> } {
  const { product, checks, generations, lease } = call;
  const keys = [`{${product}}:epoch`, ...call.keys];
  const args = [call.offsetMs, newEpoch(), checks.length, generations.length, lease?.ttlMs ?? 0];
  for (const { subject } of generations) keys.push(generationKey(product, subject));
  for (const check of checks) args.push(check.quota, check.cost ?? 1, scriptLength(check.window));
  if (lease) {
    keys.push(lease.key);
    args.push(lease.quota, lease.id);
  }
  for (const [index, seed] of call.seeds) args.push(index + 1, seed.remainingMs, seed.used, seed.unsent);
  return { keys, args };
}

/** Undefined when Redis was not there. */
export function decodeTake({ checks, generations }: TakeCall, reply: unknown): TakeReply | undefined {
  if (!Array.isArray(reply)) return undefined;
  const [nowMs, epoch, allowed, held, ...rest] = reply;
  return {
    nowMs,
    epoch: String(epoch),
    allowed: allowed === 1,
    held,
    counts: checks.map((_check, index) => ({ used: rest[2 * index], endsAtMs: rest[2 * index + 1] })),
    generations: generations.map((_generation, index) => rest[2 * checks.length + index]),
  };
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
