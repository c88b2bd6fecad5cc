/**
 * What happens to an OAuth client after it was registered. Each change is there for every process at once: tokens
 * of a disabled or deleted client are refused by the next request.
 */
import { type AuditAction, recordAudit } from '../../audit/audit.js';
import { announceChange } from '../../changes/changes.js';
import { sqlNow } from '../../clock.js';
import { DomainError } from '../../errors.js';
import { inTransaction, type Services } from '../../services.js';
import { type Actor, parseName } from '../people/users.js';
import { revokeKeysOfClient } from './grant-keys.js';
import { endGrants } from './grants.js';
import { findOAuthClient, type OAuthClient, oauthClientColumns } from './oauth-clients.js';
import { parseRedirectUri } from './redirect-uris.js';

/** A client that belongs to this person. Throws `not_found` for any other, whoever owns it. */
export async function getOwnClient(services: Services, userId: string, id: string): Promise<OAuthClient> {
  const client = await findOAuthClient(services, id);
  if (client?.userId !== userId) throw new DomainError('not_found', { subject: 'app' });
  return client;
}

/** A person's clients, or everybody's, newest first. */
export async function listOAuthClients(services: Services, userId?: string): Promise<OAuthClient[]> {
  const query = services.db('oauth_clients').select(oauthClientColumns).orderBy('created_at', 'desc');
  if (userId !== undefined) query.where({ user_id: userId });
  return query;
}

/** Changes name or redirect URIs. Consent to another redirect host is asked for anew. Throws `validation`. */
export async function updateOAuthClient(
  services: Services,
  id: string,
  changes: { name?: string; redirectUris?: string[] },
  actor: Actor,
): Promise<void> {
  const columns: Record<string, unknown> = {};
  if (changes.name !== undefined) columns.name = parseName(changes.name);
  if (changes.redirectUris !== undefined) {
    if (changes.redirectUris.length === 0) {
      throw new DomainError('validation', {
        field: 'redirect_uri',
        message: 'at least one redirect URI is needed',
      });
    }
    columns.redirect_uris = changes.redirectUris.map((uri) => parseRedirectUri(uri));
  }
  if (Object.keys(columns).length === 0) return;
  await changeClient(services, id, 'client.updated', actor, (tx) =>
    tx.db('oauth_clients').where({ id }).update(columns),
  );
}

/** Stops a client at once, or lets it go on; its grants stay. */
export async function setClientDisabled(
  services: Services,
  id: string,
  disabled: boolean,
  actor: Actor,
): Promise<void> {
  await changeClient(services, id, disabled ? 'client.disabled' : 'client.enabled', actor, (tx) =>
    tx
      .db('oauth_clients')
      .where({ id })
      .update({ disabled_at: disabled ? sqlNow(tx) : null }),
  );
}

/** Removes a client for good, with every consent, grant and token that it had. */
export async function deleteOAuthClient(services: Services, id: string, actor: Actor): Promise<void> {
  await changeClient(services, id, 'client.deleted', actor, async (tx) => {
    await endGrants(tx, { client_id: id }, actor);
    await revokeKeysOfClient(tx, id, actor);
    await tx.db('oidc_records').where({ client_id: id }).delete();
    await tx.db('oauth_clients').where({ id }).delete();
  });
}

async function changeClient(
  services: Services,
  id: string,
  action: AuditAction,
  actor: Actor,
  change: (tx: Services) => Promise<unknown>,
): Promise<void> {
  await inTransaction(services, async (tx) => {
    const client = await tx.db('oauth_clients').where({ id }).forUpdate().first();
    if (!client) throw new DomainError('not_found', { subject: 'app', message: `There is no app ${id}` });
    await change(tx);
    await announceChange(tx, { kind: 'client', id });
    const details = { product: client.product };
    await recordAudit(tx, {
      accountId: client.user_id,
      action,
      actor,
      target: { kind: 'client', id },
      details,
    });
  });
}
