/**
 * Identifiers. A record's id is 24 hexadecimal characters, time first, so that rows made together lie together
 * in an index (one product shows them bare, the others put a word in front).
 */
import { randomBytes } from 'node:crypto';

const base36 = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** 4 bytes of time and 8 random ones, as hex. Unique, not secret. */
export function newId(): string {
  const bytes = randomBytes(12);
  bytes.writeUInt32BE(Math.floor(Date.now() / 1000), 0);
  return bytes.toString('hex');
}

/** Lower-case letters and digits, for ids that a seed shows short (`agent_abc123def456`). Unbiased. */
export function shortId(length: number): string {
  let id = '';
  while (id.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < 252 && id.length < length) id += base36[byte % 36];
    }
  }
  return id;
}

/** The id of a grant; 128 random bits, since it stands in URLs of the account page. */
export const newGrantId = (): string => `grant_${randomBytes(16).toString('hex')}`;

/** A person as OAuth names them: `usr_` and the id. The `sub` of every token for a person. */
export const personSubject = (id: string): string => `usr_${id}`;

/** The id inside `usr_…` or `worker_…`; undefined when it is neither. */
export function personIdOf(subject: string): string | undefined {
  return /^(?:usr|worker)_(.+)$/.exec(subject)?.[1];
}
