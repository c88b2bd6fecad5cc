/**
 * Under which address this server is called: its issuer's, whatever a request says. Koa and oidc-provider make
 * absolute addresses out of `Host`, `X-Forwarded-*` and even the request line (which may carry a whole address,
 * RFC 9112 section 3.2.2); pinned before anything reads them, a spoofed one changes nothing.
 */
import type { Context } from 'koa';
import type { Config } from '../../shared/config.js';
import { forwardedEntry, ipAddressOf } from '../../shared/http/ip-address.js';
import type { Services } from '../../shared/services.js';

/** What the request itself said, before it was pinned. */
export interface AskedAddress {
  /** Lower case, with a port if it is not the usual one. */
  host: string | undefined;
  /** A trusted proxy says that the call reached it without TLS. */
  insecure: boolean;
  /** A field says that the request was passed on by a proxy, trusted or not. */
  forwarded: boolean;
}

const forwardingFields = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
] as const;

/** To be called first, and once; what the request said is kept in `ctx.state.askedAddress`. */
export function pinAddress(ctx: Context, services: Pick<Services, 'config' | 'logger'>): AskedAddress {
  const { logger } = services;
  const { issuer, trustedProxies } = services.config;
  const { headers } = ctx.req;
  const { host, protocol } = new URL(issuer);
  const asked: AskedAddress = {
    host: headers.host?.toLowerCase(),
    insecure: forwardedEntry(headers['x-forwarded-proto'], trustedProxies)?.toLowerCase() === 'http',
    forwarded: forwardingFields.some((name) => headers[name] !== undefined),
  };
  headers.host = host;
  headers['x-forwarded-proto'] = protocol.slice(0, -1);
  delete headers['x-forwarded-host'];
  // Koa and oidc-provider read the caller's IP address from here.
  headers['x-forwarded-for'] = ipAddressOf(ctx.req, trustedProxies, logger);
  const path = String(ctx.req.url).replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
  ctx.req.url = path.startsWith('/') ? path : `/${path}`;
  ctx.originalUrl = ctx.req.url;
  ctx.request.originalUrl = ctx.req.url;
  ctx.state.askedAddress = asked;
  return asked;
}

/**
 * Redirects a browser that came by a further name of this server (`AUTH_HOSTS`) to the issuer's own host: cookies
 * belong to one host. True when it did. Programs are never redirected, since they may not follow.
 */
export function redirectToIssuer(ctx: Context, config: Pick<Config, 'issuer' | 'authHosts'>): boolean {
  const { host } = ctx.state.askedAddress as AskedAddress;
  if (host === undefined || !config.authHosts.includes(host)) return false;
  if (ctx.method !== 'GET' && ctx.method !== 'HEAD') return false;
  ctx.status = 303;
  ctx.set('Cache-Control', 'no-store');
  ctx.redirect(config.issuer + ctx.req.url);
  return true;
}
