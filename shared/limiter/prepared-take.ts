/** Limits and generations with their keys in Redis, ready to be asked any number of times. */
import { randomUUID } from 'node:crypto';
import type { GenerationCheck, Lease, LeaseRequest, LimitCheck } from './limit.js';
import { generationKey, leaseKey, limitKey } from './take-call.js';

export interface PreparedTake {
  product: string;
  checks: readonly LimitCheck[];
  keys: readonly string[];
  generations: readonly GenerationCheck[];
  generationKeys: readonly string[];
}

/** What one request asks for. */
export interface Asked extends PreparedTake {
  request: LeaseRequest | undefined;
  lease: Lease | undefined;
}

/** @param factor multiplies every quota of a window */
export function prepareTake(
  product: string,
  given: readonly LimitCheck[],
  generations: readonly GenerationCheck[],
  factor: number,
): PreparedTake {
  const checks =
    factor === 1
      ? given
      : given.map((check) => ({ ...check, quota: Math.max(1, Math.round(check.quota * factor)) }));
  const keys = checks.map((check) => limitKey(product, check));
  const generationKeys = generations.map(({ subject }) => generationKey(product, subject));
  return { product, checks, keys, generations, generationKeys };
}

/** A request with these limits; `request` asks for a lease besides. */
export function askFor(prepared: PreparedTake, request?: LeaseRequest): Asked {
  const { product, checks, keys, generations, generationKeys } = prepared;
  const lease = request && {
    id: randomUUID(),
    key: leaseKey(product, request),
    quota: request.quota,
    ttlMs: request.ttlSeconds * 1000,
  };
  return { product, checks, keys, generations, generationKeys, request, lease };
}
