/**
 * How a key is kept and found. The look-up asks for every hash that the value could have (each pepper of the list,
 * and plain SHA-256), so that setting or rotating a pepper ends no key. These hashes are fast on purpose: a key
 * carries at least 128 random bits, and there is nothing to guess.
 */
import { createHmac } from 'node:crypto';
import type { Config } from '../../config.js';
import { sha256 } from '../../crypto/secrets.js';

type Peppers = Pick<Config, 'keyPeppers'>;

/** The hash that a new key is stored under: HMAC with the newest pepper, or SHA-256 without one. */
export function storedKeyHash({ keyPeppers }: Peppers, key: string): Buffer {
  const [pepper] = keyPeppers;
  return pepper ? createHmac('sha256', pepper).update(key).digest() : sha256(key);
}

/** Every hash that a presented key may be stored under. */
export function possibleKeyHashes({ keyPeppers }: Peppers, key: string): Buffer[] {
  return [...keyPeppers.map((pepper) => createHmac('sha256', pepper).update(key).digest()), sha256(key)];
}
