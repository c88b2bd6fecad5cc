/**
 * Under which address this server is called: its issuer's, whatever a request says. Koa and oidc-provider make
 * absolute addresses out of `Host`, `X-Forwarded-*` and even the request line (which may carry a whole address,
 * RFC 9112 section 3.2.2); pinned before anything reads them, a spoofed one changes nothing.
 */
import type { Context } from 'koa';
import type { Config } from '../../shared/config.js';

/** What the request itself said, before it was pinned. */
export interface AskedAddress {
  /** Lower case, with a port if it is not the usual one. */
  host: string | undefined;
  /** A trusted proxy says that the call reached it without TLS. */
  insecure: boolean;
}

type Addresses = Pick<Config, 'issuer' | 'trustedProxies'>;

/** To be called first, and once. */
export function pinAddress(ctx: Context, { issuer, trustedProxies }: Addresses): AskedAddress {
  const { headers } = ctx.req;
  const { host, protocol } = new URL(issuer);
  const forwarded = String(headers['x-forwarded-proto'] ?? '').split(',');
  const asked = {
    host: headers.host?.toLowerCase(),
    insecure: trustedProxies > 0 && forwarded.at(-trustedProxies)?.trim().toLowerCase() === 'http',
  };
  headers.host = host;
  headers['x-forwarded-proto'] = protocol.slice(0, -1);
  delete headers['x-forwarded-host'];
  // Without a proxy that is trusted, this one too is the caller's own claim.
  if (trustedProxies === 0) delete headers['x-forwarded-for'];
  const path = String(ctx.req.url).replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
  ctx.req.url = path.startsWith('/') ? path : `/${path}`;
  ctx.originalUrl = ctx.req.url;
  ctx.request.originalUrl = ctx.req.url;
  return asked;
}

/** Paths that programs call: they are answered under every host, since programs may not follow a redirect. */
const programPaths =
  /^\/(oauth\/)?(token|request|reg|jwks|userinfo|device\/auth|health|ready|metrics|leaks|assets|\.well-known)(\/|$)/;

/**
 * Where to send a browser that came by a further name of this server (`AUTH_HOSTS`): cookies belong to one host, so
 * the way through sign-in and consent must begin on the issuer's own.
 */
export function findPrimaryAddress(
  ctx: Context,
  asked: AskedAddress,
  config: Pick<Config, 'issuer' | 'authHosts'>,
): string | undefined {
  const further = asked.host !== undefined && config.authHosts.includes(asked.host);
  const page = (ctx.method === 'GET' || ctx.method === 'HEAD') && !programPaths.test(ctx.path);
  return further && page ? config.issuer + ctx.req.url : undefined;
}
