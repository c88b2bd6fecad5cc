/** What all routes of OpenHuman have in common: scopes, lists, times, and whose things a caller sees. */
import { z } from 'zod';
import type { AccessTokenCaller, ApiKeyCaller } from '../../routing/caller.js';
import { accessToken, apiKey } from '../../routing/route.js';
import { decodeCursor, type Page } from '../paging.js';

type Scope = 'read' | 'write' | 'delete' | 'admin';

/** A token with the scope, or a key that was not narrowed below it. */
export const needs = <const S extends Scope>(scope: S) => ({
  by: [apiKey(), accessToken(scope)] as const,
  permission: scope,
});

/**
 * Whose things these are: the key's owner, or the person who let the app in. A token without a person (client
 * credentials) stands for the owner of its app. Calls count against the app's owner either way.
 */
export function ownerOf(caller: ApiKeyCaller | AccessTokenCaller): string {
  return caller.kind === 'accessToken' ? (caller.personId ?? caller.accountId) : caller.accountId;
}

export const paging = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().max(200).optional(),
});

export function readPaging({ limit, cursor }: z.output<typeof paging>): { limit: number; after?: string } {
  return { limit, after: cursor === undefined ? undefined : decodeCursor(cursor) };
}

export function listBody<T>({ items, hasMore, nextCursor }: Page<T>, view: (item: T) => unknown) {
  return { data: items.map(view), has_more: hasMore, next_cursor: nextCursor };
}

/** A list on the wire. */
export const listSchema = <T extends z.ZodType>(item: T) =>
  z.strictObject({ data: z.array(item), has_more: z.boolean(), next_cursor: z.string().nullable() });

/** An error on the wire. */
export const errorSchema = z.strictObject({
  error: z.looseObject({
    code: z.string(),
    message: z.string(),
    status: z.int(),
    field: z.string().optional(),
  }),
});

export const isoTime = (date: Date): string => date.toISOString();
