/**
 * Reads a request's body, once, within limits. A body that is too long, cut short, not UTF-8, not JSON or not an
 * object is the caller's error and says so; nothing is parsed twice and nothing is guessed from its content.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import getRawBody from 'raw-body';
import { DomainError } from '../errors.js';

export type JsonObject = Record<string, unknown>;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The whole body as it came. Throws `payload_too_large`, `malformed_body`, `unsupported_media_type`. */
export async function readBytes(req: IncomingMessage, limitBytes: number): Promise<Buffer> {
  if (req.headers['content-encoding'] && req.headers['content-encoding'] !== 'identity') {
    throw new DomainError('unsupported_media_type', { message: 'Compressed bodies are not accepted' });
  }
  try {
    return await getRawBody(req, { limit: limitBytes, length: req.headers['content-length'] ?? null });
  } catch (error) {
    const type = (error as { type?: unknown }).type;
    if (type === 'entity.too.large') throw new DomainError('payload_too_large');
    throw new DomainError('malformed_body');
  }
}

/** The whole body as text. Throws as `readBytes` does. */
export async function readText(req: IncomingMessage, limitBytes: number): Promise<string> {
  const bytes = await readBytes(req, limitBytes);
  try {
    return utf8.decode(bytes);
  } catch {
    throw new DomainError('malformed_body');
  }
}

/**
 * A JSON object, or undefined when there is no body (a GET or DELETE may carry `Content-Type: application/json`
 * and nothing else). Throws `malformed_body` as `parseJsonObject` does.
 */
export async function readJsonObject(
  req: IncomingMessage,
  limitBytes: number,
): Promise<JsonObject | undefined> {
  const text = await readText(req, limitBytes);
  if (text.trim() === '') return undefined;
  return parseJsonObject(text);
}

/** Deeper than anything that is sent in earnest, and far from where a recursive reader runs out of stack. */
const deepestLevel = 64;

/**
 * Throws `malformed_body` for what is no object, is nested too deeply, or holds what would not be stored as it was
 * sent: text that Postgres cannot store, and numbers that a JavaScript number cannot hold.
 */
export function parseJsonObject(text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new DomainError('malformed_body');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new DomainError('malformed_body', { message: 'The body must be a JSON object' });
  }
  const unstorable = findMember(value, isUnstorable, 1);
  if (unstorable) refuse(unstorable, 'must not contain NUL characters or halves of surrogate pairs');
  refuseInexactNumbers(text);
  return value as JsonObject;
}

/** NUL characters and halves of surrogate pairs are JSON, but neither text nor jsonb of Postgres. */
const isUnstorable = (text: string): boolean => /[\0\p{Cs}]/u.test(text);

/** The path to the first text that is not good, by the names of members; the name itself does not count as a step. */
function findMember(value: unknown, isBad: (text: string) => boolean, level: number): string[] | undefined {
  if (typeof value === 'string') return isBad(value) ? [] : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  if (level > deepestLevel)
    throw new DomainError('malformed_body', { message: 'The body is nested too deeply' });
  for (const [name, member] of Object.entries(value)) {
    if (isBad(name)) return [];
    const below = findMember(member, isBad, level + 1);
    if (below) return [name, ...below];
  }
  return undefined;
}

/** Every string and every number of a JSON text; strings first, so that digits inside them are no numbers. */
const stringOrNumber = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * JSON allows integers of any size; as JavaScript numbers those beyond 2^53 become other integers, without a word,
 * and 1e999 becomes infinite (RFC 8259 section 6).
 */
function refuseInexactNumbers(text: string): void {
  if (!/\d{16}|\d[eE]/.test(text)) return;
  const mark = randomUUID();
  let found = false;
  const marked = text.replace(stringOrNumber, (token) => {
    if (token.startsWith('"') || isExact(token)) return token;
    found = true;
    return `"${mark}"`;
  });
  if (!found) return;
  const path = findMember(JSON.parse(marked), (part) => part === mark, 1) ?? [];
  refuse(path, 'must be a number between -(2^53 - 1) and 2^53 - 1; send larger numbers as text');
}

function isExact(token: string): boolean {
  const value = Number(token);
  return /^-?\d+$/.test(token) ? Number.isSafeInteger(value) : Number.isFinite(value);
}

function refuse(path: string[], what: string): never {
  const field = path.join('.');
  const message = `${field || 'The body'} ${what}`;
  throw new DomainError('malformed_body', field === '' ? { message } : { field, message });
}
