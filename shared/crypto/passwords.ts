/**
 * Passwords, and only passwords, use bcrypt: they are guessable, so each guess must be slow. API keys and tokens
 * carry their own randomness and are hashed fast elsewhere. An unknown address costs the same as a known one:
 * there is always a hash to compare with.
 */
import bcrypt from 'bcrypt';
import type { Config } from '../config.js';
import { DomainError } from '../errors.js';

/** bcrypt reads 72 bytes and ignores the rest: longer passwords are refused instead of being cut. */
export const maximumPasswordBytes = 72;
export const minimumPasswordCharacters = 8;

type Cost = Pick<Config, 'bcryptCost'>;

/** Throws `validation` for a password that is too short, too long in bytes, or carries a NUL character. */
export async function hashPassword(
  { bcryptCost }: Cost,
  password: string,
  field = 'password',
): Promise<string> {
  const refuse = (message: string): never => {
    throw new DomainError('validation', { field, message: `${field} ${message}` });
  };
  if (password.length < minimumPasswordCharacters) {
    refuse(`must have at least ${minimumPasswordCharacters} characters`);
  }
  if (Buffer.byteLength(password) > maximumPasswordBytes) {
    refuse(`must have at most ${maximumPasswordBytes} bytes`);
  }
  if (password.includes('\0')) refuse('must not contain NUL characters');
  return bcrypt.hash(password, bcryptCost);
}

/** False for a wrong password, and, after the same time, for a person without one or no person at all. */
export async function verifyPassword(
  cost: Cost,
  password: string,
  hash: string | null | undefined,
): Promise<boolean> {
  const matches = await bcrypt.compare(password, hash ?? unmatchableHash(cost));
  const possible = Buffer.byteLength(password) <= maximumPasswordBytes && !password.includes('\0');
  return matches && possible && typeof hash === 'string';
}

/** A hash of the right cost that nobody has the password of: what there is to compare with for an unknown person. */
export function unmatchableHash({ bcryptCost }: Cost): string {
  return `$2b$${String(bcryptCost).padStart(2, '0')}$${'.'.repeat(22)}${'/'.repeat(31)}`;
}
