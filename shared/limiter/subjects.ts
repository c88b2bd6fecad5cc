/**
 * Whom a limit counts. An IPv6 caller owns at least a /64, so single addresses of it mean nothing; an IPv4 address
 * that arrives in IPv6 dress is the same caller as without it.
 */
import { createHash } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import { canonicalEmail } from '../email.js';

/** The subject of a network address: IPv4 as it is, IPv6 by its first 64 bits. */
export function addressSubject(address: string): string {
  if (!ipaddr.isValid(address)) return 'address:unknown';
  const parsed = ipaddr.process(address);
  if (parsed instanceof ipaddr.IPv6) {
    const network = parsed.parts.slice(0, 4).map((part) => part.toString(16));
    return `address:${network.join(':')}::/64`;
  }
  return `address:${parsed.toString()}`;
}

/** The subject of an email address, known or not: a hash, because it is personal and of any length. */
export function emailSubject(email: string): string {
  const digest = createHash('sha256').update(canonicalEmail(email)).digest('base64url');
  return `email:${digest.slice(0, 22)}`;
}
