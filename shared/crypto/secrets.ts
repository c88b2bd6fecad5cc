/**
 * Everything that is kept secret at rest goes through here. `SECRET_KEY` never encrypts by itself: each purpose
 * gets a key of its own (HKDF), so that a value from one table is worth nothing in another. Values are sealed
 * with AES-256-GCM under the newest key and opened with whichever key of the list made them.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import type { Config } from '../config.js';

export type Purpose =
  | 'cookies'
  | 'idempotency'
  | 'interaction'
  | 'kept-form'
  | 'mail'
  | 'known-network'
  | 'one-time-code'
  | 'session'
  | 'signing-key'
  | 'webhook-secret'
  | 'csrf'
  | 'audit-anchor'
  | 'jwt'
  | 'device-code'
  | 'dpop-nonce'
  | 'refresh-replay'
  | 'request-id'
  | 'request-state';

type Keys = Pick<Config, 'secretKeys'>;

const derived = new WeakMap<Buffer, Map<string, Buffer>>();

function deriveKey(master: Buffer, purpose: Purpose): Buffer {
  const perPurpose = derived.get(master) ?? new Map<string, Buffer>();
  derived.set(master, perPurpose);
  const known = perPurpose.get(purpose);
  if (known) return known;
  const key = Buffer.from(hkdfSync('sha256', master, '', `latchkey:${purpose}`, 32));
  perPurpose.set(purpose, key);
  return key;
}

/** One 32-byte key per entry of `SECRET_KEY`, newest first. */
export function purposeKeys(config: Keys, purpose: Purpose): Buffer[] {
  return config.secretKeys.map((master) => deriveKey(master, purpose));
}

function newestKey(config: Keys, purpose: Purpose): Buffer {
  const [master] = config.secretKeys;
  if (!master) throw new Error('SECRET_KEY is empty');
  return deriveKey(master, purpose);
}

/** Encrypts text for storage; `context` (a row's id, say) must be the same when it is opened. */
export function seal(config: Keys, purpose: Purpose, text: string, context = ''): string {
  return sealWith(newestKey(config, purpose), text, context);
}

/** Opens what `seal` made. Throws when no key of the list fits or a bit was changed. */
export function open(config: Keys, purpose: Purpose, sealed: string, context = ''): string {
  for (const key of purposeKeys(config, purpose)) {
    const text = openWith(key, sealed, context);
    if (text !== undefined) return text;
  }
  throw new Error(`a sealed value (${purpose}) does not open with any SECRET_KEY`);
}

export function sealWith(key: Buffer, text: string, context = ''): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(context));
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url');
}

/** undefined when the key or the context is not the right one. */
export function openWith(key: Buffer, sealed: string, context = ''): string | undefined {
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes.length < 28) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12))
    .setAAD(Buffer.from(context))
    .setAuthTag(bytes.subarray(12, 28));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}

/** SHA-256, for values that carry at least 128 random bits themselves (tokens, keys, client secrets). */
export function sha256(value: string): Buffer {
  return createHash('sha256').update(value).digest();
}

/** HMAC-SHA-256 under the newest key of a purpose, for values that can be guessed (one-time codes). */
export function keyedHash(config: Keys, purpose: Purpose, value: string): Buffer {
  return createHmac('sha256', newestKey(config, purpose)).update(value).digest();
}

/** The same under every key, newest first: a look-up asks for any of them, so that rotation breaks nothing. */
export function keyedHashes(config: Keys, purpose: Purpose, value: string): Buffer[] {
  return purposeKeys(config, purpose).map((key) => createHmac('sha256', key).update(value).digest());
}

/** Compares in constant time; different lengths are simply different. */
export function constantTimeEqual(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** 256 random bits, URL-safe without encoding (client secrets must survive sloppy `client_secret_basic`). */
export function randomSecret(): string {
  return randomBytes(32).toString('base64url');
}
