/**
 * Passwords, and only passwords, use bcrypt: they are guessable, so each guess must be slow. API keys and tokens
 * carry their own randomness and are hashed fast elsewhere. An unknown address costs the same as a known one:
 * there is always a hash to compare with.
 */
import bcrypt from 'bcrypt';
import { countCharacters } from '../characters.js';
import type { Config } from '../config.js';
import { DomainError } from '../errors.js';

/** bcrypt reads 72 bytes and ignores the rest: longer passwords are refused instead of being cut. */
export const maximumPasswordBytes = 72;
export const minimumPasswordCharacters = 8;

type Cost = Pick<Config, 'bcryptCost'>;

/** Throws `validation` for a password that is too short in code points, too long in bytes, or carries a NUL character. */
export function checkPasswordLength(password: string, field = 'password'): void {
  const refuse = (message: string): never => {
    throw new DomainError('validation', { field, message: `${field} ${message}` });
  };
  const normalised = password.normalize('NFC');
  if (countCharacters(normalised) < minimumPasswordCharacters) {
    refuse(`must have at least ${minimumPasswordCharacters} characters`);
  }
  if (Buffer.byteLength(normalised) > maximumPasswordBytes) {
    refuse(`must have at most ${maximumPasswordBytes} bytes`);
  }
  if (password.includes('\0')) refuse('must not contain NUL characters');
}

/** Hashes the NFC form (RFC 8265 section 4.2). Throws `validation` as `checkPasswordLength` does. */
export async function hashPassword({ bcryptCost }: Cost, password: string): Promise<string> {
  checkPasswordLength(password);
  return bcrypt.hash(password.normalize('NFC'), bcryptCost);
}

/** False for a wrong password, and, after the same time, for a person without one or no person at all. */
export async function verifyPassword(
  cost: Cost,
  password: string,
  hash: string | null | undefined,
): Promise<boolean> {
  const normalised = password.normalize('NFC');
  const compare = async (text: string) => {
    const matches = await bcrypt.compare(text, hash ?? unmatchableHash(cost));
    const possible = Buffer.byteLength(text) <= maximumPasswordBytes && !text.includes('\0');
    return matches && possible && typeof hash === 'string';
  };
  const matches = await compare(normalised);
  // Hashes that were made before passwords were normalised.
  return matches || (normalised !== password && (await compare(password)));
}

/** A hash of the right cost that nobody has the password of: what there is to compare with for an unknown person. */
export function unmatchableHash({ bcryptCost }: Cost): string {
  return `$2b$${String(bcryptCost).padStart(2, '0')}$${'.'.repeat(22)}${'/'.repeat(31)}`;
}
