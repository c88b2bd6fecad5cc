/**
 * Calls to addresses that somebody else chose: webhooks, client-id documents, `jwks_uri`, logout. The name is
 * resolved first, every address it has is checked, and the connection goes to the very addresses that were
 * checked, so that a name which answers differently the second time (DNS rebinding) gains nothing. No redirect is
 * followed: a 3xx is an answer like any other. https alone in production.
 *
 * Names are resolved by c-ares, not by getaddrinfo: that one blocks a thread of libuv's few while a stranger's
 * name server is silent, and password hashing waits behind it. The hosts file is asked too where an operator
 * allows private addresses, since only there can it name anything useful.
 */
import { Resolver, lookup as systemLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Config } from '../config.js';
import { OutboundError, type RequestLimits, reasonOf, requestAddresses } from './outbound-request.js';
import { isCallable, parseRanges } from './special-addresses.js';

export interface OutboundLimits extends RequestLimits {
  /** Until the last byte of the answer. */
  totalTimeoutMs?: number;
  /** The addresses of a host name; another one in tests alone. */
  resolve?: (host: string) => Promise<string[]>;
}

export type GuardedFetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

type Guard = Pick<Config, 'production' | 'outboundAllow'>;

/**
 * A `fetch` that refuses special addresses and follows no redirect. Bodies are text, bytes or form parameters.
 * Throws `OutboundError`, or the reason of the caller's own signal.
 */
export function createGuardedFetch(config: Guard, limits: OutboundLimits = {}): GuardedFetch {
  const allowed = parseRanges(config.outboundAllow);
  const { totalTimeoutMs = 15_000, resolve = resolver(allowed.length > 0) } = limits;
  return async (input, init = {}) => {
    const url = parseTarget(input, config.production);
    const deadline = AbortSignal.timeout(totalTimeoutMs);
    const signal = init.signal ? AbortSignal.any([init.signal, deadline]) : deadline;
    const addresses = await whileOpen(signal, addressesOf(url, resolve));
    const refused = addresses.find((address) => !isCallable(address, allowed));
    if (refused !== undefined) {
      throw new OutboundError('address_refused', `${url.hostname} has an address that may not be called`);
    }
    return requestAddresses(url, init, addresses, limits, signal);
  };
}

/** Checks an address that will be called later, as far as that is possible without a look-up. Throws `OutboundError`. */
export function parseTarget(input: string | URL, production: boolean): URL {
  const url = URL.canParse(`${input}`) ? new URL(input) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || !url.hostname) {
    throw new OutboundError('url_invalid', 'not an http address without a user name');
  }
  if (production && url.protocol !== 'https:') throw new OutboundError('https_required', 'https is required');
  return url;
}

const bareHost = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');

async function addressesOf(url: URL, resolve: (host: string) => Promise<string[]>): Promise<string[]> {
  const host = bareHost(url);
  const addresses = isIP(host) ? [host] : await resolve(host);
  if (addresses.length === 0) throw new OutboundError('name_not_found', `${host} has no address`);
  return addresses;
}

function resolver(withHostsFile: boolean) {
  return async (host: string): Promise<string[]> => {
    const dns = new Resolver({ timeout: 2_000, tries: 2 });
    const responses = await Promise.allSettled([dns.resolve4(host), dns.resolve6(host)]);
    const addresses = responses.flatMap((response) =>
      response.status === 'fulfilled' ? response.value : [],
    );
    if (addresses.length > 0 || !withHostsFile) return addresses;
    const found = await systemLookup(host, { all: true }).catch(() => []);
    return found.map(({ address }) => address);
  };
}

async function whileOpen<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    const fail = () => reject(reasonOf(signal));
    if (signal.aborted) fail();
    signal.addEventListener('abort', fail, { once: true });
  });
  return Promise.race([work, aborted]);
}
