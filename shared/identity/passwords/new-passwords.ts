/**
 * The rules for a new password: NIST SP 800-63B-4 section 3.1.1.2 and OWASP ASVS 6.2.4. A password is compared as a
 * whole and in any case with a list of common ones and with what others know of its owner. No rule demands digits or
 * capitals.
 */
import { dictionary } from '@zxcvbn-ts/language-common';
import { isVisible } from '../../characters.js';
import type { Config } from '../../config.js';
import { checkPasswordLength, hashPassword } from '../../crypto/passwords.js';
import { DomainError } from '../../errors.js';
import { products } from '../../products/index.js';

/** Whose password it will be. */
export interface PasswordOwner {
  email: string;
  name: string;
}

const fold = (text: string): string => text.normalize('NFKC').toLowerCase().trim();

/** 49,000 passwords from leaks, in lower case. */
const commonPasswords: ReadonlySet<string> = new Set(dictionary['passwords-common']);

const productNames: ReadonlySet<string> = new Set(
  ['Latchkey', ...products.flatMap(({ id, name }) => [id, name])].map(fold),
);

/** Throws `validation` for a password that is too short, too long, common, or known to others. */
export function checkNewPassword(password: string, owner: PasswordOwner, field = 'password'): void {
  checkPasswordLength(password, field);
  const refuse = (message: string): never => {
    throw new DomainError('validation', { field, message: `${field} ${message}` });
  };
  const folded = fold(password);
  if (!isVisible(password)) refuse('must have characters that can be seen');
  if (new Set(folded).size === 1) refuse('must not be one character repeated');
  if (commonPasswords.has(folded)) refuse('is one of the most common passwords: choose another');
  if (folded === fold(owner.email) || folded === fold(owner.name)) {
    refuse('must not be your own name or email');
  }
  if (productNames.has(folded)) refuse('must not be the name of a product');
}

/** Checks and hashes a new password. Throws `validation`. */
export async function hashNewPassword(
  config: Pick<Config, 'bcryptCost'>,
  password: string,
  owner: PasswordOwner,
  field = 'password',
): Promise<string> {
  checkNewPassword(password, owner, field);
  return hashPassword(config, password);
}
