/**
 * Pages of a list: bounded by rows and by bytes, in the database, so that no page is read that is not sent. A cursor is
 * opaque to clients and only tells where to go on: it carries no right, so one that was made up finds nothing that its
 * caller could not list anyway.
 */
import type { Knex } from 'knex';
import { DomainError } from '../../shared/errors.js';
import type { Services } from '../../shared/services.js';

export interface Page<T> {
  items: T[];
  hasMore: boolean;
  /** Where the next page begins; null on the last one. */
  nextCursor: string | null;
}

/** What the rows of a page may weigh as JSON, in bytes; with what stands around them, a response has less than 2 MB. */
const maximumPageBytes = 1_900_000;

/**
 * At most `limit` rows of a query that selects and orders, and fewer where they would weigh more than a page may; the
 * first row always, whatever it weighs.
 */
export async function readRows<T>(
  { db }: Services,
  query: Knex.QueryBuilder,
  limit: number,
): Promise<{ items: T[]; hasMore: boolean }> {
  const candidates = query
    .clone()
    .limit(limit + 1)
    .as('candidate');
  const weighed = db
    .from(candidates)
    .select(
      'candidate.*',
      db.raw('row_number() over () as "pageRow"'),
      db.raw('count(*) over () as "pageCandidates"'),
      db.raw('sum(octet_length(to_json(candidate)::text)) over (rows unbounded preceding) as "pageBytes"'),
    )
    .as('weighed');
  const rows: (T & { pageRow: number; pageCandidates: number; pageBytes: number })[] = await db
    .from(weighed)
    .select('*')
    .where('pageRow', '<=', limit)
    .where((fits) => fits.where('pageRow', 1).orWhere('pageBytes', '<=', maximumPageBytes))
    .orderBy('pageRow');
  const hasMore = Number(rows[0]?.pageCandidates ?? 0) > rows.length;
  const items = rows.map(({ pageRow, pageCandidates, pageBytes, ...row }) => row as T);
  return { items, hasMore };
}

/** The same with a cursor behind the last row. */
export async function readPage<T>(
  services: Services,
  query: Knex.QueryBuilder,
  limit: number,
  placeOf: (row: T) => string,
): Promise<Page<T>> {
  const { items, hasMore } = await readRows<T>(services, query, limit);
  const last = items.at(-1);
  return { items, hasMore, nextCursor: hasMore && last ? encodeCursor(placeOf(last)) : null };
}

export const encodeCursor = (place: string): string => Buffer.from(place).toString('base64url');

/** The place in a cursor. Throws `validation` for what was never one. */
export function decodeCursor(cursor: string): string {
  const place = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!/^[\w-]{1,100}$/.test(place) || encodeCursor(place) !== cursor) {
    throw new DomainError('validation', { field: 'cursor', message: 'cursor is not valid' });
  }
  return place;
}
