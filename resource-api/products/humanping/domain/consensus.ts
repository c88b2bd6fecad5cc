/**
 * What several answers to one question come to: the answer that more than half of them give, compared without
 * regard to case, spacing and closing punctuation; and a conflict where there is none.
 */
import { sha256 } from '../../../../shared/crypto/secrets.js';

export interface Consensus {
  required: number;
  received: number;
  status: 'collecting' | 'reached' | 'conflict';
  result: string | null;
}

/** How an answer is compared. What is no text is compared byte for byte. */
export function hashAnswer(type: string, content: string): Buffer {
  return sha256(`${type}\n${type === 'text' ? normalise(content) : content}`);
}

function normalise(text: string): string {
  const plain = text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();
  // Punctuation at the end says nothing, unless the whole answer is punctuation.
  return plain.replace(/[\s.,;:!?…]+$/u, '') || plain;
}

/** The hash that more than half of the answers have; undefined when none has. */
export function findMajority(hashes: readonly Buffer[]): Buffer | undefined {
  const counts = new Map<string, number>();
  for (const hash of hashes) {
    const name = hash.toString('hex');
    const count = (counts.get(name) ?? 0) + 1;
    if (count * 2 > hashes.length) return hash;
    counts.set(name, count);
  }
  return undefined;
}
