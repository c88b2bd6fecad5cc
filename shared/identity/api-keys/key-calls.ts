/**
 * The access log of a key: its last calls, as templates of routes and never with a query. Written in batches; the
 * calls of a key lie in a ring of slots, so that they stay as many as they may be without anyone deleting.
 */
import { sqlFromNow } from '../../clock.js';
import type { Services } from '../../services.js';

export const keptCallsPerKey = 1000;
const keptDays = 90;

export interface KeyCall {
  keyId: string;
  at: Date;
  method: string;
  /** The template (`/v1/tasks/{id}`), or a word for what matched none. */
  route: string;
  status: number;
  address: string;
  requestId: string;
}

/** Adds calls in their order, at most `keptCallsPerKey` for one key, in one statement. */
export async function writeKeyCalls(services: Services, calls: readonly KeyCall[]): Promise<void> {
  if (calls.length === 0) return;
  await services.db.raw(
    `with noted as (
       select *, row_number() over (partition by key_id order by ordinal) - 1 as place,
         count(*) over (partition by key_id) as total
       from unnest(?::text[], ?::timestamptz[], ?::text[], ?::text[], ?::smallint[], ?::text[], ?::text[])
         with ordinality as noted (key_id, at, method, route, status, address, request_id, ordinal)
     ), counted as (
       insert into key_call_counts (key_id, written)
       select key_id, count(*) from noted group by key_id order by key_id
       on conflict (key_id) do update set written = key_call_counts.written + excluded.written
       returning key_id, written
     )
     insert into key_calls (key_id, slot, at, method, route, status, address, request_id)
     select key_id, (written - total + place) % ${keptCallsPerKey}, at, method, route, status, address, request_id
     from noted join counted using (key_id)
     on conflict (key_id, slot) do update set at = excluded.at, method = excluded.method, route = excluded.route,
       status = excluded.status, address = excluded.address, request_id = excluded.request_id`,
    [
      calls.map((call) => call.keyId),
      calls.map((call) => call.at.toISOString()),
      calls.map((call) => call.method),
      calls.map((call) => call.route),
      calls.map((call) => call.status),
      calls.map((call) => call.address),
      calls.map((call) => call.requestId),
    ],
  );
}

/** A key's last calls, the newest first. */
export async function listKeyCalls(
  services: Services,
  keyId: string,
  limit = keptCallsPerKey,
): Promise<KeyCall[]> {
  return services
    .db('key_calls')
    .select({
      keyId: 'key_id',
      at: 'at',
      method: 'method',
      route: 'route',
      status: 'status',
      address: 'address',
      requestId: 'request_id',
    })
    .where({ key_id: keyId })
    .orderBy('at', 'desc')
    .limit(limit);
}

/** Forgets calls after 90 days, for their addresses are personal. Returns how many, at most `limit`. */
export async function deleteOldKeyCalls(services: Services, limit: number): Promise<number> {
  const { rowCount } = await services.db.raw(
    'delete from key_calls where ctid = any(array(select ctid from key_calls where at < ? limit ?))',
    [sqlFromNow(services, -keptDays * 86_400), limit],
  );
  return rowCount;
}

/** Forgets the calls of every key of an account, when its person is erased. */
export async function forgetKeyCalls(services: Services, accountId: string): Promise<void> {
  await services.db.raw(
    'delete from key_calls where key_id in (select id from api_keys where account_id = ?)',
    [accountId],
  );
}
