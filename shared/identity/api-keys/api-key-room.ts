/** How many API keys an account may have. */
import { sqlNow } from '../../clock.js';
import { requireRoom } from '../../postgres/row-limit.js';
import type { Services } from '../../services.js';

/**
 * Throws `conflict` when the account has a thousand keys that work or can be made to work. A key with a successor is
 * not counted: it ends by itself, and its successor is. Run it in the transaction that inserts.
 */
export async function requireKeyRoom(tx: Services, accountId: string): Promise<void> {
  const rows = tx
    .db('api_keys')
    .where({ account_id: accountId, successor_id: null })
    .whereNot({ status: 'revoked' })
    .whereRaw('coalesce(expires_at > ?, true)', [sqlNow(tx)]);
  await requireRoom(tx, { kind: 'API keys', accountId, rows });
}
