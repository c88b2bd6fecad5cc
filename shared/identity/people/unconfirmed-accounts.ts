/**
 * Removal of accounts whose email nobody confirmed. Anybody can sign up with any email, so such rows would grow
 * without bound. An account that owns something stays.
 */
import { recordAudit } from '../../audit/audit.js';
import { erasePersonalAudit } from '../../audit/audit-retention.js';
import { sqlFromNow } from '../../clock.js';
import type { Services } from '../../services.js';

/** The link and the code of a sign-up are long over by then. */
export const unconfirmedKeptDays = 7;

/**
 * Deletes at most `limit` active accounts that were made a week ago, never confirmed their email and have no row in
 * any table with a foreign key to people. Call it inside a transaction. Returns how many are gone.
 */
export async function deleteUnconfirmedAccounts(tx: Services, limit: number): Promise<number> {
  const owning = await listOwningColumns(tx);
  const candidates = tx
    .db('users')
    .where({ status: 'active' })
    .whereNull('email_verified_at')
    .where('created_at', '<', sqlFromNow(tx, -unconfirmedKeptDays * 86_400));
  for (const { table, column } of owning) {
    candidates.whereNotExists(tx.db(table).whereRaw('?? = users.id', [`${table}.${column}`]));
  }
  const ids: string[] = await candidates.limit(limit).forUpdate().skipLocked().pluck('id');
  for (const id of ids) {
    await erasePersonalAudit(tx, id);
    const actor = { kind: 'system', id: 'cleanup' } as const;
    await recordAudit(tx, { accountId: id, action: 'user.erased', actor, target: { kind: 'user', id } });
  }
  await tx.db('email_links').whereIn('account_id', ids).delete();
  await tx.db('humans').whereIn('user_id', ids).delete();
  await tx.db('users').whereIn('id', ids).delete();
  return ids.length;
}

/** Every column that refers to a person, read from the catalog: a new table is looked at by itself. */
async function listOwningColumns(tx: Services): Promise<{ table: string; column: string }[]> {
  const { rows } = await tx.db.raw(`
    select relname as table, attname as column
    from pg_constraint
    join pg_class on pg_class.oid = conrelid
    join pg_attribute on attrelid = conrelid and attnum = conkey[1]
    where contype = 'f' and confrelid in ('users'::regclass, 'humans'::regclass)
      and conrelid <> 'humans'::regclass`);
  return rows;
}
