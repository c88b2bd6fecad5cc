/**
 * Where a call comes from. `X-Forwarded-*` is believed only as far as TRUST_PROXY counts: each proxy appends what
 * it saw, so the entry that the outermost trusted proxy wrote stands that many places from the right, and
 * everything to the left of it is whatever the caller likes to claim.
 */
import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';

function fromTheRight(field: string | string[] | undefined, places: number): string | undefined {
  if (field === undefined) return undefined;
  const entries = String(field).split(',');
  return entries[Math.max(0, entries.length - places)]?.trim();
}

/** The caller's network address; an IPv4 address in IPv6 dress comes without it. */
export function addressOf(req: IncomingMessage, trustedProxies: number): string {
  const peer = req.socket.remoteAddress ?? '';
  const told = trustedProxies > 0 ? fromTheRight(req.headers['x-forwarded-for'], trustedProxies) : undefined;
  const address = told || peer;
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}

/** `http` or `https` as the outermost trusted proxy saw it; undefined when nobody trusted says so. */
export function schemeOf(req: IncomingMessage, trustedProxies: number): string | undefined {
  if (trustedProxies === 0) return undefined;
  return fromTheRight(req.headers['x-forwarded-proto'], trustedProxies)?.toLowerCase();
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
