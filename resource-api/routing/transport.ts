/**
 * The rules of transport and origin, before anybody is authenticated. A key that travelled in the clear is known to
 * whoever stood in between: such a call is refused and never redirected, since a redirect would look like success.
 * Browsers may read what an access token gets, and never what an API key gets: a key has no business in a page.
 */
import type { IncomingMessage } from 'node:http';
import type { Config } from '../../shared/config.js';
import { limitFieldNames } from '../../shared/limiter/headers.js';
import { schemeOf } from './ip-address.js';
import type { Match } from './matcher.js';

type Transport = Pick<Config, 'production' | 'trustedProxies' | 'apiUrl'>;

/** Whether a trusted proxy took this call over plain http, in production. */
export function isInsecure(config: Transport, req: IncomingMessage): boolean {
  return config.production && schemeOf(req, config.trustedProxies) === 'http';
}

/** What scripts may read besides the body; sent where they may read anything. */
export const exposedHeaders = [
  ...limitFieldNames,
  'WWW-Authenticate',
  'DPoP-Nonce',
  'X-Request-Id',
  'Idempotency-Replayed',
  'Location',
].join(', ');

/** Fields that stand on every answer of a product, whatever it says. */
export function transportFields(config: Transport, req: IncomingMessage): Record<string, string> {
  const fields: Record<string, string> = {
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  };
  if (isHttps(config, req)) fields['Strict-Transport-Security'] = 'max-age=31536000; includeSubDomains';
  return fields;
}

function isHttps(config: Transport, req: IncomingMessage): boolean {
  const scheme = schemeOf(req, config.trustedProxies);
  // Nobody says how the call came: then what the operator calls our address decides.
  return scheme === undefined ? config.apiUrl.startsWith('https:') : scheme === 'https';
}

/** What a browser is told that asks before it calls (CORS preflight), if this path takes access tokens. */
export function preflightFields(match: Match): Record<string, string> {
  const routes = match.kind === 'route' ? [match.route] : match.kind === 'otherMethods' ? match.routes : [];
  const takesTokens = routes.some(
    ({ options }) => options.by !== 'anyone' && options.by.some(({ kind }) => kind === 'accessToken'),
  );
  if (!takesTokens || match.kind !== 'otherMethods') return {};
  return {
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Allow-Methods': match.allow.join(', '),
    'Access-Control-Allow-Headers': 'Authorization, Content-Type, DPoP, Idempotency-Key',
    'Access-Control-Max-Age': '600',
  };
}
