/**
 * Who called: the network and the user agent as one HMAC. It tells a repetition by the same caller from an attempt
 * of somebody else.
 */
import type { Config } from '../../config.js';
import { keyedHash, keyedHashes } from '../../crypto/secrets.js';
import { addressSubject } from '../../limiter/subjects.js';
import type { Origin } from '../people/origin.js';

type Keys = Pick<Config, 'secretKeys'>;

const textOf = ({ address, userAgent }: Origin): string | undefined =>
  address === undefined ? undefined : JSON.stringify(['caller', addressSubject(address), userAgent ?? '']);

/** null for a caller without an IP address, who repeats nothing. */
export function callerHash(config: Keys, origin: Origin): Buffer | null {
  const text = textOf(origin);
  return text === undefined ? null : keyedHash(config, 'one-time-code', text);
}

/** The same under every key of `SECRET_KEY`. */
export function callerHashes(config: Keys, origin: Origin): Buffer[] {
  const text = textOf(origin);
  return text === undefined ? [] : keyedHashes(config, 'one-time-code', text);
}
