/**
 * The addresses that a key may be used from: CIDR blocks, IPv4 and IPv6, kept as networks. An allowlist that was
 * set binds, whatever becomes of the plan that allowed to set it.
 */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { DomainError } from '../../errors.js';
import type { Product } from '../../products/product.js';
import type { Services } from '../../services.js';
import { findPlan, planDefinition } from '../people/plans.js';

const maximumBlocks = 100;

/** Addresses or CIDR blocks in their shortest form (`10.1.2.3/8` is the network 10.0.0.0/8). Throws `validation`. */
export function parseAllowlist(given: readonly string[]): string[] {
  if (given.length === 0) refuse('give at least one address or CIDR block, or no allowlist at all');
  if (given.length > maximumBlocks) refuse(`an allowlist has at most ${maximumBlocks} entries`);
  return [...new Set(given.map(parseBlock))];
}

function parseBlock(entry: string): string {
  const [address = '', bits, ...rest] = entry.trim().split('/');
  const version = isIP(address);
  const widest = version === 4 ? 32 : 128;
  const length = bits === undefined ? widest : Number(bits);
  const readable = version !== 0 && !address.includes('%') && rest.length === 0;
  if (!readable || !/^\d{1,3}$/.test(bits ?? '0') || length > widest) {
    return refuse(`"${entry}" is not an address or a CIDR block`);
  }
  const parsed = ipaddr.parse(address);
  if (parsed instanceof ipaddr.IPv4) return networkOf(parsed.toString(), length);
  if (!parsed.isIPv4MappedAddress()) return networkOf(parsed.toString(), length);
  // A caller in IPv6 dress is known by the IPv4 address inside it, so a block must be, too.
  if (length < 96) return refuse(`"${entry}" is not an address or a CIDR block`);
  return networkOf(parsed.toIPv4Address().toString(), length - 96);
}

function networkOf(address: string, bits: number): string {
  const family = isIP(address) === 4 ? ipaddr.IPv4 : ipaddr.IPv6;
  return `${family.networkAddressFromCIDR(`${address}/${bits}`).toString()}/${bits}`;
}

function refuse(message: string): never {
  throw new DomainError('validation', { field: 'allow_ip', message });
}

/** Throws `plan_limit` where allowlists belong to a higher plan than the account's. */
export async function requireAllowlistPlan(
  services: Services,
  product: Product,
  accountId: string,
): Promise<void> {
  const including = Object.values(product.plans).filter((plan) => plan.ipAllowlist);
  if (including.length === 0) return;
  const plan = planDefinition(product, await findPlan(services, accountId, product));
  if (plan.ipAllowlist) return;
  const labels = including.map(({ label }) => label).join(' or ');
  throw new DomainError('plan_limit', {
    field: 'allow_ip',
    message: `An IP allowlist needs the ${labels} plan of ${product.name}; this account is on ${plan.label}.`,
  });
}
