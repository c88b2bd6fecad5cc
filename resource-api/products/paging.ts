/**
 * Pages of a list by cursor. A cursor is opaque to whoever gets it, and only a place to go on from: it carries no
 * right, so one that was made up finds nothing that its caller could not list anyway.
 */
import { DomainError } from '../../shared/errors.js';

export interface Page<T> {
  items: T[];
  hasMore: boolean;
  /** Where the next page begins; null on the last one. */
  nextCursor: string | null;
}

/** A page out of up to `limit + 1` rows: the one too many tells that there are more. */
export function pageOf<T>(rows: T[], limit: number, placeOf: (row: T) => string): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return { items, hasMore, nextCursor: hasMore ? encodeCursor(placeOf(last)) : null };
}

export const encodeCursor = (place: string): string => Buffer.from(place).toString('base64url');

/** The place in a cursor. Throws `validation` for what was never one. */
export function decodeCursor(cursor: string): string {
  const place = Buffer.from(cursor, 'base64url').toString('utf8');
  if (place === '' || encodeCursor(place) !== cursor) {
    throw new DomainError('validation', { field: 'cursor', message: 'cursor is not valid' });
  }
  return place;
}
