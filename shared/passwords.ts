/**
 * Passwords, and only passwords, use bcrypt: they are guessable, so each guess must be slow. API keys and tokens
 * carry their own randomness and are hashed fast elsewhere. An unknown address costs the same as a known one:
 * there is always a hash to compare with.
 */
import bcrypt from 'bcrypt';
import type { Config } from './config.js';
import { DomainError } from './errors.js';

/** bcrypt reads 72 bytes and ignores the rest: longer passwords are refused instead of being cut. */
export const maximumPasswordBytes = 72;
export const minimumPasswordCharacters = 8;

const dummyHashes = new Map<number, Promise<string>>();

function dummyHash(cost: number): Promise<string> {
  const known = dummyHashes.get(cost) ?? bcrypt.hash('no such person', cost);
  dummyHashes.set(cost, known);
  return known;
}

/** Throws `validation` for a password that is too short, too long in bytes, or carries a NUL byte. */
export async function hashPassword(config: Pick<Config, 'bcryptCost'>, password: string): Promise<string> {
  if (password.length < minimumPasswordCharacters) {
    throw new DomainError('validation', {
      field: 'password',
      message: `password must have at least ${minimumPasswordCharacters} characters`,
    });
  }
  if (Buffer.byteLength(password) > maximumPasswordBytes || password.includes('\0')) {
    throw new DomainError('validation', {
      field: 'password',
      message: `password must have at most ${maximumPasswordBytes} bytes`,
    });
  }
  return bcrypt.hash(password, config.bcryptCost);
}

/** False for a wrong password, and, after the same time, for a person without one. */
export async function verifyPassword(
  config: Pick<Config, 'bcryptCost'>,
  password: string,
  hash: string | null | undefined,
): Promise<boolean> {
  const matches = await bcrypt.compare(password, hash ?? (await dummyHash(config.bcryptCost)));
  return matches && Boolean(hash) && Buffer.byteLength(password) <= maximumPasswordBytes;
}
