/**
 * Events about keys, apps and grants. What happens to them is in the audit log in any case, so the events come from
 * there: nothing can be audited and not told. The owner of an app hears of the grants that people give it; the
 * audit row of a grant is in the person's log.
 */
import { personSubject } from '../ids.js';
import type { Services } from '../services.js';
import { emitEvent } from './outbox.js';

/** As much of an audit event as matters here. */
interface CredentialEvent {
  accountId: string | null;
  action: string;
  actor: { kind: string };
  target?: { id: string };
  credentialId?: string;
  details?: Record<string, unknown>;
}

/** What an audit action is called in a webhook, where the two differ. */
const grantEvents: Record<string, string> = {
  'consent.granted': 'grant.created',
  'grant.revoked': 'grant.revoked',
};

/** Emits what an audit event means to the owner of a credential, if anything. Call it inside the transaction. */
export async function emitCredentialEvent(tx: Services, event: CredentialEvent): Promise<void> {
  const grantEvent = grantEvents[event.action];
  if (grantEvent) return emitGrantEvent(tx, event, grantEvent);
  if (event.action.startsWith('key.')) return emitKeyEvent(tx, event);
  if (event.action.startsWith('client.')) return emitClientEvent(tx, event);
}

async function emitKeyEvent(
  tx: Services,
  { action, actor, target, details }: CredentialEvent,
): Promise<void> {
  const key = await tx
    .db('api_keys')
    .where({ id: target?.id ?? '' })
    .first(
      'id',
      'account_id',
      'product',
      'environment',
      'name',
      'prefix',
      'last_four',
      'status',
      'expires_at',
    );
  if (!key) return;
  const { id, account_id: accountId, product, ...members } = key;
  await emitEvent(tx, {
    accountId,
    product,
    environment: key.environment,
    type: action,
    data: { key_id: id, ...members, changed_by: actor.kind, details: details ?? {} },
    orderKey: id,
  });
}

async function emitClientEvent(
  tx: Services,
  { accountId, action, actor, target, details = {} }: CredentialEvent,
): Promise<void> {
  if (!target || accountId === null) return;
  // A client that is being deleted is gone already, and named by the event itself.
  const client = await tx.db('oauth_clients').where({ id: target.id }).first('product');
  const product = client?.product ?? details.product;
  if (typeof product !== 'string') return;
  const data = { client_id: target.id, changed_by: actor.kind, details };
  await emitEvent(tx, { accountId, product, type: action, data, orderKey: target.id });
}

async function emitGrantEvent(
  tx: Services,
  { accountId, actor, target, credentialId, details = {} }: CredentialEvent,
  type: string,
): Promise<void> {
  const client = await tx
    .db('oauth_clients')
    .where({ id: target?.id ?? '' })
    .first('id', 'user_id', 'product');
  if (!client?.user_id || !client.product || accountId === null) return;
  await emitEvent(tx, {
    accountId: client.user_id,
    product: client.product,
    type,
    data: {
      grant_id: credentialId,
      client_id: client.id,
      human_id: personSubject(accountId),
      changed_by: actor.kind,
      ...details,
    },
    orderKey: credentialId,
  });
}
