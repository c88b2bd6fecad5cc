/**
 * Secrets of OAuth clients: 256 random bits each, kept as SHA-256, several at a time with names and an end, so that
 * one can be replaced without a moment in which neither works.
 */
import { recordAudit } from '../../audit/audit.js';
import { announceChange } from '../../changes/changes.js';
import { sqlFromNow, sqlNow } from '../../clock.js';
import { randomSecret, sha256 } from '../../crypto/secrets.js';
import { DomainError } from '../../errors.js';
import { newId } from '../../ids.js';
import { inTransaction, type Services } from '../../services.js';
import { parseFirstExpiry } from '../api-keys/api-key-settings.js';
import { requireConfirmedOwner } from '../people/confirmed-owner.js';
import { type Actor, parseName } from '../people/users.js';

export interface ClientSecret {
  id: string;
  name: string;
  lastFour: string;
  expiresAt: Date | null;
  createdAt: Date;
}

/** How many secrets that still work one client may have. */
const maximumSecrets = 5;

/** Adds a secret and returns it in the clear, this once. Throws `validation` when there are too many. */
export async function createClientSecret(
  services: Services,
  input: { clientId: string; name: string; expiresAt?: Date },
  actor: Actor,
): Promise<string> {
  const secret = randomSecret();
  await inTransaction(services, async (tx) => {
    const client = await tx.db('oauth_clients').where({ id: input.clientId }).forUpdate().first();
    if (!client) throw new DomainError('not_found', { subject: 'app' });
    if (client.user_id !== null && !client.vouched) await requireConfirmedOwner(tx, client.user_id, actor);
    if (client.public) {
      throw new DomainError('validation', { field: 'client_id', message: 'a public client has no secret' });
    }
    if ((await listClientSecretHashes(tx, input.clientId)).length >= maximumSecrets) {
      const message = `an app has at most ${maximumSecrets} secrets; delete one first`;
      throw new DomainError('validation', { field: 'secret', message });
    }
    const id = newId();
    await tx.db('oauth_client_secrets').insert({
      id,
      client_id: input.clientId,
      name: parseName(input.name),
      hash: sha256(secret),
      last_four: secret.slice(-4),
      expires_at: input.expiresAt ? parseFirstExpiry(tx, input.expiresAt) : null,
      created_at: sqlNow(tx),
    });
    await auditSecret(tx, 'client.secret_created', client, id, actor);
    await announceChange(tx, { kind: 'client', id: input.clientId });
  });
  return secret;
}

/** A new secret; every other one ends after `graceSeconds` (0: at once), or earlier if it was to end earlier. */
export async function rotateClientSecret(
  services: Services,
  input: { clientId: string; graceSeconds: number },
  actor: Actor,
): Promise<string> {
  return inTransaction(services, async (tx) => {
    await tx
      .db('oauth_client_secrets')
      .where({ client_id: input.clientId })
      .update({
        expires_at: tx.db.raw('least(coalesce(expires_at, ?), ?)', [
          sqlFromNow(tx, input.graceSeconds),
          sqlFromNow(tx, input.graceSeconds),
        ]),
      });
    await deleteExpiredSecrets(tx, input.clientId);
    return createClientSecret(tx, { clientId: input.clientId, name: 'Rotated secret' }, actor);
  });
}

async function deleteExpiredSecrets(tx: Services, clientId: string): Promise<void> {
  await tx
    .db('oauth_client_secrets')
    .where({ client_id: clientId })
    .where('expires_at', '<=', sqlNow(tx))
    .delete();
}

/** Ends one secret at once. Throws `not_found`. */
export async function deleteClientSecret(
  services: Services,
  input: { clientId: string; secretId: string },
  actor: Actor,
): Promise<void> {
  await inTransaction(services, async (tx) => {
    const deleted = await tx
      .db('oauth_client_secrets')
      .where({ client_id: input.clientId, id: input.secretId })
      .delete();
    const client = await tx.db('oauth_clients').where({ id: input.clientId }).first();
    if (deleted === 0 || !client) throw new DomainError('not_found', { subject: 'secret' });
    await auditSecret(tx, 'client.secret_deleted', client, input.secretId, actor);
    await announceChange(tx, { kind: 'client', id: input.clientId });
  });
}

/** Names and ends of a client's secrets, newest first; never their values. */
export async function listClientSecrets(services: Services, clientId: string): Promise<ClientSecret[]> {
  return services
    .db('oauth_client_secrets')
    .where({ client_id: clientId })
    .orderBy('created_at', 'desc')
    .select('id', 'name', 'last_four as lastFour', 'expires_at as expiresAt', 'created_at as createdAt');
}

/** Hashes of the secrets that are valid now, each with its end. */
export async function listClientSecretHashes(
  services: Services,
  clientId: string,
): Promise<Array<{ hash: Buffer; expiresAt: Date | null }>> {
  return services
    .db('oauth_client_secrets')
    .where({ client_id: clientId })
    .where((query) => query.whereNull('expires_at').orWhere('expires_at', '>', sqlNow(services)))
    .select('hash', 'expires_at as expiresAt');
}

async function auditSecret(
  tx: Services,
  action: 'client.secret_created' | 'client.secret_deleted',
  client: { id: string; user_id: string | null },
  secretId: string,
  actor: Actor,
): Promise<void> {
  await recordAudit(tx, {
    accountId: client.user_id,
    action,
    actor,
    target: { kind: 'client', id: client.id },
    details: { secretId },
  });
}
