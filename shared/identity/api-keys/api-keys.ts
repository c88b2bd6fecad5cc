/**
 * API keys: made once, shown once, kept as a hash. How they change, are rolled, leak and are reminded of stands in
 * the files beside this one.
 */
import { recordAudit } from '../../audit/audit.js';
import { announceChange } from '../../changes/changes.js';
import type { KeyEnvironment } from '../../crypto/key-format.js';
import { DomainError } from '../../errors.js';
import type { Product, ProductId } from '../../products/product.js';
import { inTransaction, type Services } from '../../services.js';
import { isOperator, requireConfirmedOwner } from '../people/confirmed-owner.js';
import { type Actor, parseName } from '../people/users.js';
import { possibleKeyHashes } from './api-key-hashes.js';
import { requireKeyRoom } from './api-key-room.js';
import { insertApiKey } from './api-key-rows.js';
import {
  type LeakPolicy,
  parseFirstExpiry,
  parsePermissions,
  parseRotationDays,
} from './api-key-settings.js';
import { parseAllowlist, requireAllowlistPlan } from './ip-allowlist.js';

export interface ApiKey {
  id: string;
  /** The id of the first key of which this one is a successor; its own otherwise. Limits by key count by this. */
  familyId: string;
  product: ProductId;
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
  /** The end that its owner chose. */
  chosenExpiresAt: Date | null;
  /** When it really ends: its owner's choice, the end of its grace, or that of its rotation, whichever is first. */
  expiresAt: Date | null;
  successorId: string | null;
  rolledAt: Date | null;
  rotateEveryDays: number | null;
  rotationDueAt: Date | null;
  /** null: revoke a live key, notify of a test key. */
  leakPolicy: LeakPolicy | null;
  leakedAt: Date | null;
  createdAt: Date;
  revokedAt: Date | null;
  lastUsedAt: Date | null;
  /** Made by an operator, or with a key that was. */
  vouched: boolean;
}

/** `rolling`: it has a successor and is still good until its grace ends. */
export type ApiKeyState = 'active' | 'disabled' | 'revoked' | 'expired' | 'rolling';

export type ApiKeyOwner = { userId: string } | { agentId: string };

export interface NewApiKey {
  product: Product;
  owner: ApiKeyOwner;
  environment: KeyEnvironment;
  name?: string;
  permissions?: string[];
  expiresAt?: Date;
  ipAllowlist?: string[];
  rotateEveryDays?: number;
  leakPolicy?: LeakPolicy;
  /** The credential that makes the key, which the key does not outlive; absent when a person or operator makes it. */
  madeWith?: KeyMaker;
  /** Whether an operator vouches for what makes the key; by default for keys that an operator makes. */
  vouched?: boolean;
}

/** A key, or the app of an access token with the grant that the token hangs on (none for client credentials). */
export interface KeyMaker {
  keyId?: string;
  grantId?: string;
  clientId?: string;
}

/** A key by its id; with `accountId`, another account's key is as good as none. */
export interface ApiKeyRef {
  id: string;
  accountId?: string;
}

export const apiKeyColumns = {
  id: 'id',
  familyId: 'family_id',
  product: 'product',
  environment: 'environment',
  accountId: 'account_id',
  name: 'name',
  prefix: 'prefix',
  lastFour: 'last_four',
  permissions: 'permissions',
  ipAllowlist: 'ip_allowlist',
  status: 'status',
  chosenExpiresAt: 'chosen_expires_at',
  expiresAt: 'expires_at',
  successorId: 'successor_id',
  rolledAt: 'rolled_at',
  rotateEveryDays: 'rotate_every_days',
  rotationDueAt: 'rotation_due_at',
  leakPolicy: 'leak_policy',
  leakedAt: 'leaked_at',
  createdAt: 'created_at',
  revokedAt: 'revoked_at',
  lastUsedAt: 'last_used_at',
  vouched: 'vouched',
};

/**
 * Creates a key and returns it in the clear: the only time it can be seen. Throws `validation`, `plan_limit`,
 * `conflict`, `email_not_verified`.
 */
export async function createApiKey(
  services: Services,
  input: NewApiKey,
  actor: Actor,
): Promise<{ id: string; key: string }> {
  const { product, environment, owner } = input;
  if (!product.keys.environments[environment]) {
    throw new DomainError('validation', {
      field: 'environment',
      message: `${product.name} has no ${environment} keys`,
    });
  }
  const settings = {
    name: parseName(input.name ?? 'API key'),
    permissions: parsePermissions(product, input.permissions ?? null),
    ip_allowlist: input.ipAllowlist ? parseAllowlist(input.ipAllowlist) : null,
    chosen_expires_at: input.expiresAt ? parseFirstExpiry(services, input.expiresAt) : null,
    rotate_every_days: input.rotateEveryDays === undefined ? null : parseRotationDays(input.rotateEveryDays),
    leak_policy: input.leakPolicy ?? null,
  };
  return inTransaction(services, async (tx) => {
    const accountId = 'userId' in owner ? owner.userId : owner.agentId;
    if ('userId' in owner && !input.vouched) await requireConfirmedOwner(tx, owner.userId, actor);
    await requireKeyRoom(tx, accountId);
    if (settings.ip_allowlist && !input.madeWith) await requireAllowlistPlan(tx, product, accountId);
    const created = await insertApiKey(tx, product, {
      ...settings,
      vouched: input.vouched ?? isOperator(actor),
      parent_key_id: input.madeWith?.keyId ?? null,
      grant_id: input.madeWith?.grantId ?? null,
      client_id: input.madeWith?.clientId ?? null,
      environment,
      user_id: 'userId' in owner ? owner.userId : null,
      agent_id: 'userId' in owner ? null : owner.agentId,
    });
    await announceChange(tx, { kind: 'key', id: created.id });
    await recordAudit(tx, {
      accountId,
      action: 'key.created',
      actor,
      target: { kind: 'key', id: created.id },
      details: { product: product.id, environment, permissions: settings.permissions },
    });
    return created;
  });
}

/** What a key is good for at a moment. What ended for good is told before what can be undone. */
export function apiKeyState(key: ApiKey, now: Date): ApiKeyState {
  if (key.status === 'revoked') return 'revoked';
  if (key.expiresAt !== null && key.expiresAt <= now) return 'expired';
  if (key.status === 'disabled') return 'disabled';
  return key.successorId === null ? 'active' : 'rolling';
}

/** Throws `not_found`. */
export async function getApiKey(services: Services, ref: ApiKeyRef): Promise<ApiKey> {
  const key: ApiKey | undefined = await rowsOf(services, ref).first();
  return key ?? unknownKey();
}

/** The key, with its row locked until the transaction ends. Throws `not_found`. */
export async function lockApiKey(tx: Services, ref: ApiKeyRef): Promise<ApiKey> {
  const key: ApiKey | undefined = await rowsOf(tx, ref).forUpdate().first();
  return key ?? unknownKey();
}

function rowsOf(services: Services, { id, accountId }: ApiKeyRef) {
  if (!/^[0-9a-f]{24}$/.test(id)) unknownKey();
  const query = services.db('api_keys').select(apiKeyColumns).where({ id });
  return accountId === undefined ? query : query.where({ account_id: accountId });
}

function unknownKey(): never {
  throw new DomainError('not_found', { subject: 'API key', message: 'There is no such API key' });
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

export interface ApiKeyFilter {
  accountId: string;
  product?: ProductId;
  environment?: KeyEnvironment;
  /** Leaves out keys that were revoked. */
  notRevoked?: boolean;
}

/** An account's keys in whatever state, the newest first; never their values, which nobody knows. */
export async function listApiKeys(services: Services, filter: ApiKeyFilter): Promise<ApiKey[]> {
  return apiKeysOf(services, filter);
}

/** The query behind `listApiKeys`, for lists that are sent in pages. */
export function apiKeysOf(services: Services, { accountId, product, environment, notRevoked }: ApiKeyFilter) {
  const query = services
    .db('api_keys')
    .select(apiKeyColumns)
    .where({ account_id: accountId })
    .orderBy([
      { column: 'created_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ]);
  if (product !== undefined) query.where({ product });
  if (environment !== undefined) query.where({ environment });
  if (notRevoked) query.whereNot({ status: 'revoked' });
  return query;
}
