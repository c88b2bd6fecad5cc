/** Chance that can be repeated: the same seed gives the same numbers, on every machine and in every version. */
import { createHash } from 'node:crypto';

export interface Random {
  /** 0 to just under 1. */
  next(): number;
  between(from: number, to: number): number;
  /** Whether something of this probability happens. */
  happens(probability: number): boolean;
  pick<T>(from: readonly [T, ...T[]]): T;
}

/** Numbers of a counter, hashed: slow and good, for the few that a story needs. */
export function createRandom(seed: string): Random {
  let count = 0;
  const next = () => {
    count += 1;
    const digest = createHash('sha256').update(`${seed}\n${count}`).digest();
    return digest.readUInt32BE() / 2 ** 32;
  };
  return {
    next,
    between: (from, to) => from + (to - from) * next(),
    happens: (probability) => next() < probability,
    pick: (from) => from[Math.floor(next() * from.length)] ?? from[0],
  };
}
