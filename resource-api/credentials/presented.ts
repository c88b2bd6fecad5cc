/**
 * Reads the credential that a request presents, before anybody asks whether it is good. Only the places that the
 * product documents are looked at; nothing is ever read from the query string or the body (RFC 6750 sections 2.2
 * and 2.3 are not offered), so a token that leaked into a link is worth nothing here.
 */
import type { IncomingMessage } from 'node:http';
import type { Product } from '../../shared/products/product.js';

export type Presented =
  | { place: 'none' }
  /** Something is there that is no credential of any scheme. */
  | { place: 'malformed' }
  /** Two credentials at once (RFC 6750 section 2): guessing which one is meant would be wrong for somebody. */
  | { place: 'ambiguous' }
  | { place: 'bearer' | 'dpop' | 'x-api-key' | 'cookie'; value: string };

/** Longer than any credential of ours. */
const maximumCharacters = 4096;

const usable = /^[\x21-\x7e]+$/;
const authorization = /^(bearer|dpop)(?: +(.*))?$/i;

export function readCredential(product: Product, req: IncomingMessage): Presented {
  const { headers } = req;
  const field = headers.authorization?.trim() ?? '';
  const key = product.keys.carriedIn.includes('x-api-key') ? headers['x-api-key'] : undefined;
  if (field !== '' && countAuthorizations(req.rawHeaders) > 1) return { place: 'ambiguous' };
  const fromField = readAuthorization(field);
  if (key !== undefined && key !== '') {
    const bearerHoldsKeys = product.keys.carriedIn.includes('bearer');
    // Where keys may stand in both, the documented order is Authorization first.
    if (bearerHoldsKeys && isCredential(fromField)) return fromField;
    if (isCredential(fromField)) return { place: 'ambiguous' };
    return inPlace('x-api-key', String(key).trim());
  }
  if (fromField.place !== 'none' || product.jwt?.cookie === undefined) return fromField;
  const cookie = readCookie(headers.cookie, product.jwt.cookie);
  return cookie === undefined || isForeignWrite(req) ? fromField : inPlace('cookie', cookie);
}

/**
 * A browser sends the cookie along whoever's page asks. `SameSite=Lax` stops most of that; a write that a browser
 * says comes from another site, or another origin of this one, is treated as if it carried no cookie at all.
 */
function isForeignWrite({ method, headers }: IncomingMessage): boolean {
  if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return false;
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  const { origin } = headers;
  return origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== headers.host);
}

function isCredential(presented: Presented): boolean {
  return presented.place === 'bearer' || presented.place === 'dpop';
}

function readAuthorization(field: string): Presented {
  if (field === '') return { place: 'none' };
  const [, scheme, value] = authorization.exec(field) ?? [];
  if (scheme === undefined || value === undefined) return { place: 'malformed' };
  return inPlace(scheme.toLowerCase() === 'dpop' ? 'dpop' : 'bearer', value.trim());
}

function inPlace(place: 'bearer' | 'dpop' | 'x-api-key' | 'cookie', value: string): Presented {
  const good = value.length <= maximumCharacters && usable.test(value);
  return good ? { place, value } : { place: 'malformed' };
}

/** Node keeps the first of several and drops the rest: only the raw list tells. */
function countAuthorizations(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 13 && name.toLowerCase() === 'authorization') count += 1;
  }
  return count;
}

/** The value of a cookie in a `Cookie` field. */
export function readCookie(field: string | undefined, name: string): string | undefined {
  for (const pair of field?.split(';') ?? []) {
    const [key, value] = pair.split('=', 2);
    if (key?.trim() === name && value !== undefined && value !== '') return value.trim();
  }
  return undefined;
}
