/**
 * The canonical form of an email: the only form that is stored, compared, counted and mailed to. Two spellings of
 * one email (case, composed and decomposed letters, full-width letters, Punycode) have the same canonical form, so
 * uniqueness, look-up, limits, one-time codes and the audit log cannot disagree about who somebody is. It is made
 * here, in JavaScript, and never in SQL: `lower()` of Postgres depends on the locale of the database and maps some
 * letters (U+0130) differently.
 */
import { domainToASCII, domainToUnicode } from 'node:url';
import { DomainError } from './errors.js';

/** RFC 5321 section 4.5.3.1: a path has at most 256 octets, two of which are the angle brackets. */
const maximumLength = 254;

/**
 * The local part without quotes, in any script (RFC 5322 `atext` and dots, RFC 6531). Narrow on purpose: an email
 * is put into mails and pages, and must not look like a link or like HTML there.
 */
const localPart = /^[^\s\p{C}\ufffd@<>()[\]{}",:;\\]{1,64}$/u;

/** A host name of labels of letters, digits and hyphens, in any script; no empty label, none that ends in a hyphen. */
const label = String.raw`[\p{L}\p{M}\p{N}](?:[\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?`;
const hostName = new RegExp(String.raw`^(?:${label}\.)*(?!\p{N}+$)${label}$`, 'u');

/** RFC 1035 section 2.3.4, for the name as DNS sees it. */
const maximumLabelLength = 63;

/**
 * The canonical form of any text, for look-ups: surrounding blanks removed, Unicode NFKC, lower case, the domain
 * with its own letters instead of Punycode. Text that is no email gives a value that no account has; so does text
 * with a NUL character, which Postgres would refuse with an error.
 */
export function canonicalEmail(text: string): string {
  const email = text.trim().normalize('NFKC').toLowerCase().normalize('NFKC').replaceAll('\0', '\ufffd');
  const at = email.lastIndexOf('@');
  const domain = email.slice(at + 1);
  if (at < 1 || !hostName.test(domain)) return email;
  return `${email.slice(0, at)}@${domainToUnicode(domain) || domain}`;
}

/**
 * Checks an email that somebody gave and returns its canonical form.
 * Throws `validation` with the field's name.
 */
export function parseEmail(text: string, field = 'email'): string {
  const email = canonicalEmail(text);
  if (!isEmail(email)) {
    throw new DomainError('validation', { field, message: `${field} must be an email address` });
  }
  return email;
}

function isEmail(email: string): boolean {
  const at = email.lastIndexOf('@');
  const domain = email.slice(at + 1);
  if (at < 1 || email.length > maximumLength || !localPart.test(email.slice(0, at)) || !hostName.test(domain))
    return false;
  // Empty for what IDNA does not allow (UTS #46).
  const ascii = domainToASCII(domain);
  return ascii !== '' && ascii.split('.').every((part) => part.length <= maximumLabelLength);
}
