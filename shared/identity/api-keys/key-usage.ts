/** How often keys were used, by hour and class of status; never a row per call. */
import { sqlFromNow } from '../../clock.js';
import type { ProductId } from '../../products/product.js';
import type { Services } from '../../services.js';

const hourMs = 3_600_000;
const keptDays = 400;

export interface KeyUsage {
  keyId: string;
  /** The beginning of the hour, UTC. */
  hour: Date;
  /** 2 for 2xx, and so on. */
  statusClass: number;
  calls: number;
}

export const hourOf = (at: Date): Date => new Date(Math.floor(at.getTime() / hourMs) * hourMs);

/** Adds to the counts, in one statement; at most one entry for each key, hour and class. */
export async function addKeyUsage(services: Services, usage: readonly KeyUsage[]): Promise<void> {
  if (usage.length === 0) return;
  await services.db.raw(
    `insert into key_usage (key_id, hour, status_class, calls)
     select * from unnest(?::text[], ?::timestamptz[], ?::smallint[], ?::bigint[]) as noted (key_id, hour, class, calls)
     order by key_id, hour, class
     on conflict (key_id, hour, status_class) do update set calls = key_usage.calls + excluded.calls`,
    [
      usage.map(({ keyId }) => keyId),
      usage.map(({ hour }) => hour.toISOString()),
      usage.map(({ statusClass }) => statusClass),
      usage.map(({ calls }) => calls),
    ],
  );
}

/** Moves the last use of keys forward, never back, in one statement. */
export async function touchKeys(services: Services, uses: ReadonlyMap<string, Date>): Promise<void> {
  if (uses.size === 0) return;
  await services.db.raw(
    `with noted as (select * from unnest(?::text[], ?::timestamptz[]) as noted (id, at)),
     locked as (
       select id from api_keys where id in (select id from noted) order by id for no key update
     )
     update api_keys set last_used_at = greatest(last_used_at, noted.at)
     from noted join locked using (id) where api_keys.id = noted.id`,
    [[...uses.keys()], [...uses.values()].map((at) => at.toISOString())],
  );
}

/** Whose usage: one key's, or that of all keys of an account. */
export type UsageOf = { keyId: string } | { accountId: string; product?: ProductId };

export interface HourOfUsage {
  hour: Date;
  /** Calls by class of status: `{ 2: 41, 4: 1 }`. */
  calls: Record<number, number>;
}

/** Calls by hour since a time, the newest hour first. */
export async function listUsage(services: Services, whose: UsageOf, since: Date): Promise<HourOfUsage[]> {
  const query = services
    .db('key_usage')
    .where('hour', '>=', hourOf(since))
    .groupBy('hour', 'status_class')
    .orderBy('hour', 'desc')
    .select({
      hour: 'hour',
      statusClass: 'status_class',
      calls: services.db.raw('sum(calls)::bigint'),
    });
  if ('keyId' in whose) query.where({ key_id: whose.keyId });
  else {
    const keys = services.db('api_keys').select('id').where({ account_id: whose.accountId });
    if (whose.product !== undefined) keys.where({ product: whose.product });
    query.whereIn('key_id', keys);
  }
  const hours: HourOfUsage[] = [];
  const rows: Array<{ hour: Date; statusClass: number; calls: number }> = await query;
  for (const { hour, statusClass, calls } of rows) {
    const newest = hours.at(-1);
    if (newest?.hour.getTime() === hour.getTime()) newest.calls[statusClass] = calls;
    else hours.push({ hour, calls: { [statusClass]: calls } });
  }
  return hours;
}

/** Forgets counts after 400 days. Returns how many, at most `limit`. */
export async function deleteOldKeyUsage(services: Services, limit: number): Promise<number> {
  const { rowCount } = await services.db.raw(
    'delete from key_usage where ctid = any(array(select ctid from key_usage where hour < ? limit ?))',
    [sqlFromNow(services, -keptDays * 86_400), limit],
  );
  return rowCount;
}
