/**
 * The IP address of a caller. `X-Forwarded-For` is believed only as far as TRUST_PROXY counts: each proxy appends
 * what it saw, so the entry of the outermost trusted proxy stands that many entries from the right, and everything
 * to the left of it is the caller's own claim.
 */
import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';
import type { Logger } from 'pino';

/** The entry that the outermost trusted proxy wrote into a forwarding header. */
export function forwardedEntry(field: string | string[] | undefined, proxies: number): string | undefined {
  if (field === undefined || proxies === 0) return undefined;
  const entries = String(field).split(',');
  return entries[Math.max(0, entries.length - proxies)]?.trim();
}

/**
 * An IP address as proxies write it: with a port (`192.0.2.7:51234`, Azure Application Gateway), in brackets, with
 * both, or bare. An IPv4 address mapped into IPv6 is returned as IPv4; undefined for anything else.
 */
export function parseIpAddress(entry: string): string | undefined {
  const bracketed = /^\[([^\]]+)\](?::\d{1,5})?$/.exec(entry)?.[1];
  const withPort = /^([\d.]+):\d{1,5}$/.exec(entry)?.[1];
  const text = bracketed ?? withPort ?? entry;
  // Not `isValid` alone: it also takes one number, or octal parts, for an IPv4 address.
  const strict = ipaddr.IPv6.isValid(text) || ipaddr.IPv4.isValidFourPartDecimal(text);
  return strict ? ipaddr.process(text).toString() : undefined;
}

/** What could not be parsed is logged once per process: it is a fault of the proxy, and comes with every request. */
let isLogged = false;

/**
 * The caller's IP address; the connection's own when no proxy is trusted, when the header is absent, and when its
 * entry cannot be parsed, so that such callers do not share one rate limit.
 */
export function ipAddressOf(req: IncomingMessage, trustedProxies: number, logger: Logger): string {
  const entry = forwardedEntry(req.headers['x-forwarded-for'], trustedProxies);
  const told = entry ? parseIpAddress(entry) : undefined;
  if (entry && told === undefined && !isLogged) {
    isLogged = true;
    logger.warn(
      { event: 'proxy.header_unreadable', header: 'X-Forwarded-For' },
      'a forwarded IP address is unreadable',
    );
  }
  const peer = req.socket.remoteAddress ?? '';
  return told ?? parseIpAddress(peer) ?? peer;
}
