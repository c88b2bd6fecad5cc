/**
 * JSON in exactly one spelling (RFC 8785), so that a hash or signature over it can be checked by anyone. The RFC
 * was written around what JavaScript does: numbers and strings are serialised as ECMAScript does it, members are
 * sorted by UTF-16 code units.
 */

export type Json = null | boolean | number | string | Json[] | { [member: string]: Json };

export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`;
}

/**
 * What is left of a value once it has been JSON, with the characters replaced that Postgres cannot keep (NUL and
 * lone surrogates): what is hashed must be what is read back.
 */
export function storableJson(value: unknown): Json {
  const text = JSON.stringify(value);
  return text === undefined ? null : cleanJson(JSON.parse(text));
}

/** A string as Postgres can keep it. */
export function storableText(text: string): string {
  return text.replace(/[\0\p{Surrogate}]/gu, '\ufffd');
}

function cleanJson(value: Json): Json {
  if (typeof value === 'string') return storableText(value);
  if (Array.isArray(value)) return value.map(cleanJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [storableText(name), cleanJson(member)]),
  );
}
