/**
 * What a secret scanner sends: GitHub's form, an array of findings with a signature over the raw body
 * (docs.github.com, "Secret scanning partner program"), or the plain form `{"values": […]}` without one.
 *
 * A signature is demanded of GitHub's form and not of the plain one, because of what they claim. Whoever sends a
 * complete key holds it, and could use it, or end it by rolling it with no grace: that such a sender may have it
 * revoked gives nobody a power they lack, and spares everyone else a registration before they can help. What a
 * holder could not do is to write to the key's owner, in our name, that it was found at an address of their
 * choice: source and address are believed, and repeated, only when the signature is GitHub's.
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { ConfigError } from '../../config.js';

/** Findings beyond these are not looked at. */
const maximumValues = 1000;
const maximumLength = 200;

export interface LeakedValue {
  value: string;
  /** Only from a signed report. */
  source?: string;
  url?: string;
}

/** Why a report is ignored; for the log, never for the sender. */
export type ReportProblem = 'malformed' | 'unsigned' | 'wrong signature';

export interface LeakKey {
  /** What GITHUB-PUBLIC-KEY-IDENTIFIER must say; undefined for a key that is tried whatever it says. */
  id: string | undefined;
  key: KeyObject;
}

/**
 * The entries of LEAKS_PUBLIC_KEYS: P-256 public keys as PEM (line breaks may be `\n`) or as the base64 of their
 * DER, each with its identifier and `=` in front if it has one. Throws `ConfigError`.
 */
export function parseLeakKeys(entries: readonly string[]): LeakKey[] {
  return entries.map((entry) => {
    const [, id, material = ''] = /^(?:([\w.-]+)=)?(-----BEGIN .*|[A-Za-z0-9+/]{80,}=*)$/s.exec(entry) ?? [];
    const key = readPublicKey(material);
    if (key?.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
      throw new ConfigError('LEAKS_PUBLIC_KEYS has an entry that is no P-256 public key.');
    }
    return { id, key };
  });
}

function readPublicKey(material: string): KeyObject | undefined {
  try {
    if (material.startsWith('-----')) return createPublicKey(material.replaceAll('\\n', '\n'));
    return createPublicKey({ key: Buffer.from(material, 'base64'), format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}

/** The findings of a report that is to be acted on, or why it is none. */
export function readLeakReport(
  body: Buffer,
  headers: IncomingHttpHeaders,
  keys: readonly LeakKey[],
): { values: LeakedValue[] } | { problem: ReportProblem } {
  const signature = headers['github-public-key-signature'];
  const signed = signature !== undefined;
  if (signed && !isSigned(body, String(signature), headers['github-public-key-identifier'], keys)) {
    return { problem: 'wrong signature' };
  }
  const content = parse(body);
  const plain = isObject(content) && Array.isArray(content.values) ? content.values : undefined;
  if (plain) {
    return { values: plain.slice(0, maximumValues).flatMap((value) => readFinding({ token: value }, false)) };
  }
  if (!Array.isArray(content)) return { problem: 'malformed' };
  if (!signed) return { problem: 'unsigned' };
  return { values: content.slice(0, maximumValues).flatMap((finding) => readFinding(finding, true)) };
}

function isSigned(
  body: Buffer,
  signature: string,
  identifier: string | string[] | undefined,
  keys: readonly LeakKey[],
): boolean {
  const bytes = Buffer.from(signature, 'base64');
  return keys.some(
    ({ id, key }) => (id === undefined || id === identifier) && verify('sha256', body, key, bytes),
  );
}

function readFinding(finding: unknown, signed: boolean): LeakedValue[] {
  if (!isObject(finding) || typeof finding.token !== 'string') return [];
  const value = finding.token.trim();
  if (value.length > maximumLength) return [];
  if (!signed) return [{ value }];
  return [{ value, source: textOf(finding.source), url: textOf(finding.url) }];
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && !/[\p{Cc}\p{Cf}]/u.test(value)
    ? value.slice(0, 500)
    : undefined;
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
