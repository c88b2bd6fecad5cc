/**
 * What becomes of a key after it was made: settings, pausing, and the end. Every change is announced and audited in
 * its own transaction; running processes refuse or accept the key on its next request.
 */
import { type AuditAction, type AuditEvent, recordAudit } from '../../audit/audit.js';
import { announceChange } from '../../changes/changes.js';
import { sqlNow } from '../../clock.js';
import { DomainError } from '../../errors.js';
import { getProduct } from '../../products/index.js';
import { inTransaction, type Services } from '../../services.js';
import { type Actor, parseName } from '../people/users.js';
import {
  effectiveExpiry,
  type LeakPolicy,
  parseExpiry,
  parsePermissions,
  parseRotationDays,
} from './api-key-settings.js';
import { type ApiKey, type ApiKeyRef, getApiKey, lockApiKey } from './api-keys.js';
import { parseAllowlist, requireAllowlistPlan } from './ip-allowlist.js';
import { forMadeKeys, narrowMadeKeys } from './made-keys.js';

/** Members that are left out stay as they are; null takes a setting away. */
export interface ApiKeyChanges {
  name?: string;
  permissions?: string[] | null;
  ipAllowlist?: string[] | null;
  /** A time that has passed ends the key at once. */
  expiresAt?: Date | null;
  leakPolicy?: LeakPolicy | null;
  rotateEveryDays?: number | null;
}

/**
 * Changes a key's settings. Throws `not_found`, `validation`, `plan_limit`, and `conflict` for a revoked key and
 * for the end of one that is being replaced.
 */
export async function updateApiKey(
  services: Services,
  ref: ApiKeyRef,
  changes: ApiKeyChanges,
  actor: Actor,
): Promise<ApiKey> {
  return inTransaction(services, async (tx) => {
    const key = await lockApiKey(tx, ref);
    refuseRevoked(key);
    const product = getProduct(key.product);
    const { name, permissions, ipAllowlist, leakPolicy } = changes;
    const columns: Record<string, unknown> = { ...endColumns(tx, key, changes) };
    if (name !== undefined) columns.name = parseName(name);
    if (permissions !== undefined) columns.permissions = parsePermissions(product, permissions);
    if (ipAllowlist !== undefined) columns.ip_allowlist = ipAllowlist && parseAllowlist(ipAllowlist);
    if (leakPolicy !== undefined) columns.leak_policy = leakPolicy;
    if (columns.ip_allowlist) await requireAllowlistPlan(tx, product, key.accountId);
    const changed = Object.keys(changes).filter(
      (member) => changes[member as keyof ApiKeyChanges] !== undefined,
    );
    if (changed.length === 0) return key;
    await tx.db('api_keys').where({ id: key.id }).update(columns);
    await narrowMadeKeys(tx, key.id);
    // A new end is worth a new reminder.
    if ('expires_at' in columns) {
      await tx.db('key_reminders').where({ key_id: key.id }).whereNot({ kind: 'age' }).delete();
    }
    await tell(tx, key, 'key.updated', actor, { changed });
    return getApiKey(tx, ref);
  });
}

/** When a key ends, and when it must be rotated, hang together. */
function endColumns(
  tx: Services,
  key: ApiKey,
  { expiresAt, rotateEveryDays }: ApiKeyChanges,
): Record<string, unknown> {
  if (expiresAt === undefined && rotateEveryDays === undefined) return {};
  if (key.successorId !== null) {
    throw new DomainError('conflict', { message: 'This key has a successor: its end is set already' });
  }
  const chosen = expiresAt === undefined ? key.chosenExpiresAt : expiresAt && parseExpiry(expiresAt);
  const days =
    rotateEveryDays === undefined
      ? key.rotateEveryDays
      : rotateEveryDays && parseRotationDays(rotateEveryDays);
  const unchanged = days === key.rotateEveryDays;
  // A key that is older than its new rotation is due now, not in the past: it must not end without a warning.
  const due =
    days && !unchanged
      ? tx.db.raw("greatest(created_at + ? * interval '24 hours', ?)", [days, sqlNow(tx)])
      : days
        ? key.rotationDueAt
        : null;
  return {
    chosen_expires_at: chosen,
    rotate_every_days: days,
    rotation_due_at: due,
    expires_at: effectiveExpiry(tx, chosen, due),
  };
}

/**
 * Pauses a key, and with it the keys that it made; `enableApiKey` undoes it for one key at a time. Throws `not_found`, and
 * `conflict` for a revoked one.
 */
export function disableApiKey(services: Services, ref: ApiKeyRef, actor: Actor): Promise<ApiKey> {
  return setStatus(services, ref, 'disabled', actor);
}

/** Throws `not_found`, and `conflict` for a revoked one. */
export function enableApiKey(services: Services, ref: ApiKeyRef, actor: Actor): Promise<ApiKey> {
  return setStatus(services, ref, 'active', actor);
}

async function setStatus(
  services: Services,
  ref: ApiKeyRef,
  status: 'active' | 'disabled',
  actor: Actor,
): Promise<ApiKey> {
  return inTransaction(services, async (tx) => {
    const key = await lockApiKey(tx, ref);
    refuseRevoked(key);
    if (key.status === status) return key;
    await tx.db('api_keys').where({ id: key.id }).update({ status });
    if (status === 'disabled') {
      await forMadeKeys(tx, key.id, ['active'], (id) => disableApiKey(tx, { id }, actor));
    }
    await tell(tx, key, status === 'active' ? 'key.enabled' : 'key.disabled', actor);
    return { ...key, status };
  });
}

/** Ends a key for good, and with it the keys that it made; doing it again changes nothing. Throws `not_found`. */
export async function revokeApiKey(
  services: Services,
  ref: ApiKeyRef,
  actor: Actor,
  reason?: string,
): Promise<ApiKey> {
  return inTransaction(services, async (tx) => {
    const key = await lockApiKey(tx, ref);
    if (key.status === 'revoked') return key;
    await tx
      .db('api_keys')
      .where({ id: key.id })
      .update({ status: 'revoked', revoked_at: sqlNow(tx) });
    await tell(tx, key, 'key.revoked', actor, reason === undefined ? {} : { reason });
    await forMadeKeys(tx, key.id, ['active', 'disabled'], (id) =>
      revokeApiKey(tx, { id }, actor, 'maker_ended'),
    );
    return getApiKey(tx, ref);
  });
}

/** Ends every key of an account, at one product or at all. Returns how many there were to end. */
export async function revokeApiKeysOf(
  services: Services,
  { accountId, product }: { accountId: string; product?: string },
  actor: Actor,
  reason?: string,
): Promise<number> {
  return inTransaction(services, async (tx) => {
    const query = tx.db('api_keys').where({ account_id: accountId }).whereNot({ status: 'revoked' });
    if (product !== undefined) query.where({ product });
    const ids: string[] = await query.orderBy('id').pluck('id');
    for (const id of ids) await revokeApiKey(tx, { id }, actor, reason);
    return ids.length;
  });
}

function refuseRevoked(key: ApiKey): void {
  if (key.status === 'revoked')
    throw new DomainError('conflict', { message: 'This API key was revoked for good' });
}

/** Announces a change and records it. */
export async function tell(
  tx: Services,
  key: Pick<ApiKey, 'id' | 'accountId'>,
  action: AuditAction,
  actor: Actor,
  details: Record<string, unknown> = {},
  personal?: AuditEvent['personal'],
): Promise<void> {
  await announceChange(tx, { kind: 'key', id: key.id });
  await recordAudit(tx, {
    accountId: key.accountId,
    action,
    actor,
    target: { kind: 'key', id: key.id },
    details,
    personal,
  });
}
