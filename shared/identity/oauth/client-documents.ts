/**
 * Clients that are described by a document of their own, whose address is their id. A row is kept for each that was
 * ever used, since grants and consents hang on it; the document stays the source, and the row follows it.
 */
import { recordAudit } from '../../audit/audit.js';
import { announceChange } from '../../changes/changes.js';
import { sqlNow } from '../../clock.js';
import { inTransaction, type Services } from '../../services.js';
import type { OAuthClient } from './oauth-clients.js';

/** Ids of documents are addresses; ids that we make never begin like one. */
export const isDocumentId = (id: string): boolean => /^https:\/\//i.test(id);

export type DocumentFacts = Pick<OAuthClient, 'id' | 'name' | 'redirectUris' | 'public' | 'metadata'>;

/**
 * Stores what a document says now. Where its redirects are others than before, whoever consented is asked again:
 * what they agreed to was to be answered elsewhere.
 */
export async function storeDocumentClient(services: Services, definition: DocumentFacts): Promise<void> {
  const { id } = definition;
  const row = {
    name: definition.name,
    redirect_uris: definition.redirectUris,
    public: definition.public,
    self_registered: true,
    verified_host: new URL(id).host,
    metadata: JSON.stringify(definition.metadata),
  };
  await inTransaction(services, async (tx) => {
    const inserted = await tx
      .db('oauth_clients')
      .insert({ id, ...row, created_at: sqlNow(tx) })
      .onConflict('id')
      .ignore()
      .returning('id');
    const isNew = inserted.length === 1;
    if (!isNew) {
      const known = await tx.db('oauth_clients').where({ id }).forUpdate().first();
      const same = (known?.redirect_uris ?? []).join(' ') === definition.redirectUris.join(' ');
      if (!same) await tx.db('consents').where({ client_id: id }).delete();
      await tx.db('oauth_clients').where({ id }).update(row);
      await announceChange(tx, { kind: 'client', id });
    }
    await recordAudit(tx, {
      accountId: null,
      action: isNew ? 'client.registered' : 'client.updated',
      actor: { kind: 'client', id },
      target: { kind: 'client', id },
    });
  });
}
