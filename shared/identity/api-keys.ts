/**
 * API keys: made once, shown once, kept as a hash. The look-up asks for every hash that the value could have
 * (each pepper of the list, and plain SHA-256), so that setting or rotating a pepper ends no key. These hashes are
 * fast on purpose: a key carries more than 200 random bits, and there is nothing to guess.
 */
import { createHmac } from 'node:crypto';
import { isIP } from 'node:net';
import { recordAudit } from '../audit.js';
import { sqlNow } from '../clock.js';
import type { Config } from '../config.js';
import { DomainError } from '../errors.js';
import { newId } from '../ids.js';
import { displayParts, type KeyEnvironment, mintKey } from '../key-format.js';
import type { Product } from '../products/product.js';
import { sha256 } from '../secrets.js';
import { inTransaction, type Services } from '../services.js';
import { type Actor, parseName } from './users.js';

export interface ApiKey {
  id: string;
  product: string;
  environment: KeyEnvironment;
  /** The person or agent that owns it. */
  accountId: string;
  name: string;
  prefix: string;
  lastFour: string;
  /** null: everything that keys of the product may do. */
  permissions: string[] | null;
  ipAllowlist: string[] | null;
  status: 'active' | 'disabled' | 'revoked';
  expiresAt: Date | null;
  successorId: string | null;
  rotateEveryDays: number | null;
  leakPolicy: 'notify' | 'roll' | 'revoke' | null;
  createdAt: Date;
  revokedAt: Date | null;
  lastUsedAt: Date | null;
}

export interface NewApiKey {
  product: Product;
  owner: { userId: string } | { agentId: string };
  environment: KeyEnvironment;
  name?: string;
  permissions?: string[];
  expiresAt?: Date;
  ipAllowlist?: string[];
}

export const apiKeyColumns = {
  id: 'id',
  product: 'product',
  environment: 'environment',
  accountId: 'account_id',
  name: 'name',
  prefix: 'prefix',
  lastFour: 'last_four',
  permissions: 'permissions',
  ipAllowlist: 'ip_allowlist',
  status: 'status',
  expiresAt: 'expires_at',
  successorId: 'successor_id',
  rotateEveryDays: 'rotate_every_days',
  leakPolicy: 'leak_policy',
  createdAt: 'created_at',
  revokedAt: 'revoked_at',
  lastUsedAt: 'last_used_at',
};

type Peppers = Pick<Config, 'keyPeppers'>;

/** The hash that a new key is stored under: HMAC with the newest pepper, or SHA-256 without one. */
export function storedKeyHash({ keyPeppers }: Peppers, key: string): Buffer {
  const [pepper] = keyPeppers;
  return pepper ? createHmac('sha256', pepper).update(key).digest() : sha256(key);
}

/** Every hash that a presented key may be stored under. */
export function possibleKeyHashes({ keyPeppers }: Peppers, key: string): Buffer[] {
  return [...keyPeppers.map((pepper) => createHmac('sha256', pepper).update(key).digest()), sha256(key)];
}

/** Creates a key and returns it in the clear: the only time it can be seen. Throws `validation`. */
export async function createApiKey(
  services: Services,
  input: NewApiKey,
  actor: Actor,
): Promise<{ id: string; key: string }> {
  const { product, environment } = input;
  if (!product.keys.environments[environment]) {
    throw new DomainError('validation', {
      field: 'environment',
      message: `${product.name} has no ${environment} keys`,
    });
  }
  const permissions = parsePermissions(product, input.permissions);
  const key = mintKey(product.keys, environment);
  const id = newId();
  const { prefix, lastFour } = displayParts(product.keys, key);
  await inTransaction(services, async (tx) => {
    const [row] = await tx.db('api_keys').insert(
      {
        id,
        product: product.id,
        environment,
        user_id: 'userId' in input.owner ? input.owner.userId : null,
        agent_id: 'agentId' in input.owner ? input.owner.agentId : null,
        name: parseName(input.name ?? 'API key'),
        prefix,
        last_four: lastFour,
        hash: storedKeyHash(services.config, key),
        permissions,
        ip_allowlist: parseAllowlist(input.ipAllowlist),
        expires_at: input.expiresAt ?? null,
        created_at: sqlNow(tx),
      },
      ['account_id'],
    );
    await recordAudit(tx, {
      accountId: row.account_id,
      action: 'key.created',
      actor,
      target: { kind: 'key', id },
      credentialId: id,
      details: { product: product.id, environment, permissions },
    });
  });
  return { id, key };
}

/** The key whose value this is, in whatever state, or undefined. */
export async function findApiKeyByValue(
  services: Services,
  product: Product,
  key: string,
): Promise<ApiKey | undefined> {
  return services
    .db('api_keys')
    .select(apiKeyColumns)
    .whereIn('hash', possibleKeyHashes(services.config, key))
    .where({ product: product.id })
    .first();
}

/** A subset of the product's permissions, or null for all. Throws `validation`. */
export function parsePermissions(product: Product, given: string[] | undefined): string[] | null {
  if (given === undefined) return null;
  const known = product.permissions ?? [];
  const unknown = given.find((permission) => !known.includes(permission));
  if (unknown !== undefined || given.length === 0) {
    const message =
      known.length === 0
        ? `${product.name} keys know no permissions`
        : `permissions must be some of: ${known.join(', ')}`;
    throw new DomainError('validation', { field: 'permissions', message });
  }
  return [...new Set(given)];
}

/** Addresses or CIDR blocks, IPv4 and IPv6. Throws `validation`. */
export function parseAllowlist(given: string[] | undefined): string[] | null {
  if (given === undefined || given.length === 0) return null;
  return given.map((entry) => {
    const [address = '', bits, ...rest] = entry.trim().split('/');
    const version = isIP(address);
    const widest = version === 4 ? 32 : 128;
    const length = bits === undefined ? widest : Number(bits);
    const valid = version !== 0 && rest.length === 0 && /^\d+$/.test(bits ?? '0') && length <= widest;
    if (!valid) {
      throw new DomainError('validation', {
        field: 'allow_ip',
        message: `"${entry}" is not an address or a CIDR block`,
      });
    }
    return `${address}/${length}`;
  });
}
