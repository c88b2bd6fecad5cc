/**
 * Keys that a key made. Such a key never exceeds its maker: it is created within the maker's limits, and what
 * narrows the maker afterwards narrows it too. A successor of the maker takes its place (rolling). What widens the
 * maker again does not widen the keys it made.
 */
import { announceChange } from '../../changes/changes.js';
import type { Services } from '../../services.js';

type Status = 'active' | 'disabled';

/** Runs `act` for each key that this one made and that has one of these states, in the order of their ids. */
export async function forMadeKeys(
  tx: Services,
  makerId: string,
  states: readonly Status[],
  act: (id: string) => Promise<unknown>,
): Promise<void> {
  const ids: string[] = await tx
    .db('api_keys')
    .where({ parent_key_id: makerId })
    .whereIn('status', states)
    .orderBy('id')
    .pluck('id');
  for (const id of ids) await act(id);
}

/**
 * Brings the keys that a key made, and the keys that those made, within its expiry, permissions and allowlist as they
 * are now. A key with no permission left is not revoked: it may do nothing until its owner gives it some.
 */
export async function narrowMadeKeys(tx: Services, makerId: string): Promise<void> {
  const { rows } = await tx.db.raw(
    `update api_keys made
     set expires_at = least(made.expires_at, maker.expires_at),
         chosen_expires_at = least(made.chosen_expires_at, maker.expires_at),
         permissions = case when maker.permissions is null then made.permissions
           when made.permissions is null then maker.permissions
           else array(select unnest(made.permissions) intersect select unnest(maker.permissions)) end,
         ip_allowlist = coalesce(maker.ip_allowlist, made.ip_allowlist)
     from api_keys maker
     where maker.id = ? and made.parent_key_id = maker.id and made.status <> 'revoked'
     returning made.id`,
    [makerId],
  );
  for (const { id } of rows) {
    await announceChange(tx, { kind: 'key', id });
    await narrowMadeKeys(tx, id);
  }
}
