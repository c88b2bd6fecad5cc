/** What a request says about where it came from, as far as TRUST_PROXY counts. */
import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';
import { forwardedEntry } from '../../shared/http/ip-address.js';

/** `http` or `https` as the outermost trusted proxy saw it; undefined when nobody trusted says so. */
export function schemeOf(req: IncomingMessage, trustedProxies: number): string | undefined {
  return forwardedEntry(req.headers['x-forwarded-proto'], trustedProxies)?.toLowerCase();
}

/** Whether an address lies in one of the blocks; an address that is none lies in no block. */
export function isAddressIn(address: string, blocks: readonly string[]): boolean {
  if (!ipaddr.isValid(address)) return false;
  const caller = ipaddr.process(address);
  return blocks.some((block) => {
    const [network, bits] = ipaddr.parseCIDR(block);
    return caller.kind() === network.kind() && caller.match([network, bits]);
  });
}
