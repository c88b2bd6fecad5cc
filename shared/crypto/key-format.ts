/**
 * API keys: product prefix, random body, checksum. The checksum (CRC-32 of all that stands before it, written in
 * the key's own alphabet) lets a mistyped or invented key be refused without a look-up. It proves nothing: a key
 * with a right checksum is looked up like any other.
 */
import { randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

export const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
export const base36 = '0123456789abcdefghijklmnopqrstuvwxyz';
export const hexadecimal = '0123456789abcdef';

export type KeyEnvironment = 'test' | 'live';

export interface KeyFormat {
  /** Where a key of this product may stand: minted with `prefix`, recognised by the shorter `recognisedBy`. */
  environments: Partial<Record<KeyEnvironment, { prefix: string; recognisedBy: string }>>;
  alphabet: string;
  /** Random characters, then check characters. */
  bodyLength: number;
  checkLength: number;
}

function checksum(text: string, { alphabet, checkLength }: KeyFormat): string {
  let rest = crc32(text);
  let digits = '';
  for (let i = 0; i < checkLength; i += 1) {
    digits = alphabet.charAt(rest % alphabet.length) + digits;
    rest = Math.floor(rest / alphabet.length);
  }
  return digits;
}

/** A new key in the clear; the caller shows it once and stores only its hash. */
export function mintKey(format: KeyFormat, environment: KeyEnvironment): string {
  const definition = format.environments[environment];
  if (!definition) throw new RangeError(`no ${environment} keys in this format`);
  let key = definition.prefix;
  for (let i = 0; i < format.bodyLength; i += 1)
    key += format.alphabet.charAt(randomInt(format.alphabet.length));
  return key + checksum(key, format);
}

/** Which environment a value claims by its prefix; undefined when it is no key of this product at all. */
export function keyEnvironment(format: KeyFormat, value: string): KeyEnvironment | undefined {
  for (const environment of ['live', 'test'] as const) {
    const definition = format.environments[environment];
    if (definition && value.startsWith(definition.recognisedBy)) return environment;
  }
  return undefined;
}

/** True when prefix, length, alphabet and checksum are right: worth a look-up. */
export function isWellFormedKey(format: KeyFormat, value: string): boolean {
  const environment = keyEnvironment(format, value);
  const definition = environment && format.environments[environment];
  if (!definition?.prefix || !value.startsWith(definition.prefix)) return false;
  const tail = value.slice(definition.prefix.length);
  if (tail.length !== format.bodyLength + format.checkLength) return false;
  for (const character of tail) if (!format.alphabet.includes(character)) return false;
  const body = value.slice(0, -format.checkLength);
  return checksum(body, format) === value.slice(-format.checkLength);
}

/** What may be shown later: the minted prefix and the last four characters. */
export function displayParts(format: KeyFormat, key: string): { prefix: string; lastFour: string } {
  const environment = keyEnvironment(format, key);
  const prefix = (environment && format.environments[environment]?.prefix) ?? '';
  return { prefix, lastFour: key.slice(-4) };
}
