/**
 * The first proof of an address by another way than the link of its own sign-up: a code, a new password by mail, or
 * an agent's recovery link. Whoever signed up with the address before may have been somebody else, so everything that
 * the account has from that time ends: API keys, apps with their secrets, webhook endpoints and remembered consent.
 * What an operator made stays, since an operator gave it to the person they dealt with.
 */
import type { Services } from '../../services.js';
import { revokeApiKey } from '../api-keys/api-key-changes.js';
import { deleteOAuthClient } from '../oauth/oauth-client-changes.js';
import { endEndpoints } from '../people/unclaimed-agents.js';
import type { Actor } from '../people/users.js';

/** Ends what an account got before its address was proven. Call it in the transaction of the proof. */
export async function endUnprovenPast(tx: Services, userId: string, actor: Actor): Promise<void> {
  const keys: string[] = await tx
    .db('api_keys')
    .where({ user_id: userId, vouched: false })
    .whereNot({ status: 'revoked' })
    .orderBy('id')
    .pluck('id');
  for (const id of keys) await revokeApiKey(tx, { id }, actor, 'address_proven');
  const apps: string[] = await tx
    .db('oauth_clients')
    .where({ user_id: userId, vouched: false })
    .orderBy('id')
    .pluck('id');
  for (const id of apps) await deleteOAuthClient(tx, id, actor);
  await tx.db('consents').where({ user_id: userId }).delete();
  await endEndpoints(tx, userId, { unlessVouched: true });
}
