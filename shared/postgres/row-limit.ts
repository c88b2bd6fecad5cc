/**
 * How many rows of one kind an account may have. What an account configures (keys, apps, agents, loops) is listed,
 * cached and erased as a whole somewhere, so that it has to end somewhere. Tasks, requests and sessions that have ended
 * are no configuration and are not counted.
 */
import type { Knex } from 'knex';
import { DomainError } from '../errors.js';
import type { Services } from '../services.js';

/** Live rows of each kind, where a kind has no smaller number. */
export const maximumRows = 1_000;

export interface RowLimit {
  /** In the plural, for the message and the lock: "API keys". */
  kind: string;
  accountId: string;
  /** The live rows of the account. */
  rows: Knex.QueryBuilder;
  maximum?: number;
}

/**
 * Throws `conflict` when the account has as many rows as it may. Run it in the transaction that inserts: a lock on
 * account and kind lasts until that ends, so that parallel requests are counted one after the other.
 */
export async function requireRoom(
  tx: Services,
  { kind, accountId, rows, maximum = maximumRows }: RowLimit,
): Promise<void> {
  await tx.db.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`rows:${kind}:${accountId}`]);
  const counted = await rows.count({ rows: '*' }).first();
  if (Number(counted?.rows) < maximum) return;
  throw new DomainError('conflict', {
    message: `An account has at most ${maximum} ${kind}. Delete one first.`,
  });
}
