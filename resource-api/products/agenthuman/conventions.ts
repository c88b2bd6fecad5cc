/** What all routes of AgentHuman have in common: the success envelope, lists, and whose things a caller sees. */
import { z } from 'zod';
import type { ApiKeyCaller, JwtCaller } from '../../routing/caller.js';
import { apiKey, jwt } from '../../routing/route.js';
import { decodeCursor, type Page } from '../paging.js';
import type { Partition } from './domain/agents.js';

/** Sessions, messages, agents and lists: a program with its key, or the developer who signed in. */
export const eitherCredential = { by: [apiKey(), jwt('user')] as const };

/** Keys and one's own entries of the catalogue: the developer only. */
export const signedIn = { by: [jwt('user')] as const };

export const success = (members: Record<string, unknown>) => ({ success: true, ...members });

/** What `success` returns, by the schemas of the members. */
export const successSchema = (members: z.ZodRawShape) =>
  z.strictObject({ success: z.literal(true), ...members });

/** An error on the wire. An error may have further members, such as `concurrency`. */
export const errorSchema = z.looseObject({
  success: z.literal(false),
  error: z.string(),
  field: z.string().optional(),
  retry_after: z.int().optional(),
});

/** A key has its environment; someone signed in chooses, and sees live things when they say nothing. */
export const environmentQuery = z.object({ environment: z.enum(['live', 'test']).default('live') });

export const paging = environmentQuery.extend({
  limit: z.coerce.number().int().min(1).max(100).default(50),
  cursor: z.string().max(200).optional(),
});

export function readPaging({ limit, cursor }: z.output<typeof paging>): { limit: number; after?: string } {
  return { limit, after: cursor === undefined ? undefined : decodeCursor(cursor) };
}

export function partitionOf(
  caller: ApiKeyCaller | JwtCaller,
  query: z.output<typeof environmentQuery>,
): Partition {
  const environment = caller.kind === 'apiKey' ? caller.environment : query.environment;
  return { ownerId: caller.accountId, environment };
}

/** The schemas of `pageMembers`. */
export const pageSchemas = { has_more: z.boolean(), next_cursor: z.string().nullable() };

/** Members that tell where a list goes on. */
export const pageMembers = ({ hasMore, nextCursor }: Page<unknown>) => ({
  has_more: hasMore,
  next_cursor: nextCursor,
});

/** The id inside `sess_…`; what has another prefix finds nothing. */
export const storedId = (prefix: string, id: string): string =>
  id.startsWith(`${prefix}_`) ? id.slice(prefix.length + 1) : '';

export const isoTime = (date: Date): string => date.toISOString();
