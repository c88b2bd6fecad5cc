/**
 * Addresses that a stranger must not make us call: private networks, this machine, cloud metadata (link-local),
 * carrier NAT, multicast, documentation, and every way to write an IPv4 address inside an IPv6 one. The rule is
 * turned around on purpose: what is not known to be an ordinary public address is refused.
 */
import ipaddr from 'ipaddr.js';

type Range = ReturnType<typeof ipaddr.parseCIDR>;

/** All ordinary IPv6 addresses that were ever given out (IANA). */
const globalUnicast = ipaddr.parseCIDR('2000::/3');

/** Reads `OUTBOUND_ALLOW`. Throws for what is neither an address nor a CIDR block. */
export function parseRanges(texts: readonly string[]): Range[] {
  return texts.map((text) => {
    const [address, bits] = ipaddr.parseCIDR(text.includes('/') ? text : `${text}/${widthOf(text)}`);
    return [address, bits];
  });
}

/** Whether an address may be called: ordinary and public, or in one of the ranges that the operator allows. */
export function isCallable(text: string, allowed: readonly Range[]): boolean {
  if (!ipaddr.isValid(text)) return false;
  // ::ffff:10.0.0.1 is 10.0.0.1; the other disguises (NAT64, 6to4, Teredo) have ranges of their own and stay refused.
  const address = ipaddr.process(text);
  if (allowed.some((range) => range[0].kind() === address.kind() && address.match(range))) return true;
  return address.range() === 'unicast' && (address.kind() === 'ipv4' || address.match(globalUnicast));
}

/** Whether an IP address is this machine's own (127.0.0.0/8, ::1, either form of IPv4). */
export const isLoopback = (text: string): boolean =>
  ipaddr.isValid(text) && ipaddr.process(text).range() === 'loopback';

const widthOf = (address: string): number => (address.includes(':') ? 128 : 32);
