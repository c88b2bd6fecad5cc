/**
 * Nonces of the resource API (RFC 9449 section 9): a proof that carries one was made just now, whatever its
 * sender's clock says. A nonce is the hash of the minute under a key that all processes share, so nobody has to
 * remember which were given out.
 */
import type { Config } from '../../shared/config.js';
import { constantTimeEqual, keyedHash, keyedHashes } from '../../shared/crypto/secrets.js';

type Keys = Pick<Config, 'secretKeys'>;

/** A nonce is good for the rest of its own slot and the whole of the next one. */
const slotSeconds = 60;

const slotOf = (seconds: number): number => Math.floor(seconds / slotSeconds);
const textOf = (slot: number): string => `resource-api:${slot}`;

/** The nonce to be used now; `seconds` is Unix time. */
export function currentNonce(config: Keys, seconds: number): string {
  return keyedHash(config, 'dpop-nonce', textOf(slotOf(seconds))).toString('base64url');
}

export function isFreshNonce(config: Keys, nonce: string, seconds: number): boolean {
  const presented = Buffer.from(nonce, 'base64url');
  return [slotOf(seconds), slotOf(seconds) - 1]
    .flatMap((slot) => keyedHashes(config, 'dpop-nonce', textOf(slot)))
    .some((expected) => constantTimeEqual(expected, presented));
}
