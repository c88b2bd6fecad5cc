/** API keys that were made with an access token: they end with the grant or the app that the token belonged to. */
import type { Services } from '../../services.js';
import { revokeApiKey } from '../api-keys/api-key-changes.js';
import type { Actor } from '../people/users.js';

/** Revokes the keys that hang on these grants. Call it in the transaction that ends the grants. */
export async function revokeKeysOfGrants(tx: Services, grantIds: string[], actor: Actor): Promise<void> {
  if (grantIds.length > 0) await revoke(tx, (keys) => keys.whereIn('grant_id', grantIds), actor);
}

/** Revokes the keys that an app made for itself. Call it in the transaction that ends the app. */
export async function revokeKeysOfClient(tx: Services, clientId: string, actor: Actor): Promise<void> {
  await revoke(tx, (keys) => keys.where({ client_id: clientId }), actor);
}

type KeyQuery = ReturnType<Services['db']>;

async function revoke(tx: Services, choose: (keys: KeyQuery) => KeyQuery, actor: Actor): Promise<void> {
  const ids: string[] = await choose(tx.db('api_keys'))
    .whereNot({ status: 'revoked' })
    .orderBy('id')
    .pluck('id');
  for (const id of ids) await revokeApiKey(tx, { id }, actor, 'maker_ended');
}
