/** What all routes of HumanPing have in common: who calls, where a call came from, and pages of the worker's lists. */
import { z } from 'zod';
import { apiKey, type Call, jwt } from '../../routing/route.js';
import { decodeCursor, type Page } from '../paging.js';

/** The customer, by its key. */
export const asAgent = { by: [apiKey()] as const };

/** Someone who takes tasks and has signed in. */
export const asWorker = { by: [jwt('worker')] as const };

export const originOf = ({
  address,
  userAgent,
  requestId,
}: Pick<Call, 'address' | 'userAgent' | 'requestId'>) => ({ address, userAgent, requestId });

export const paging = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(50),
  cursor: z.string().max(200).optional(),
});

export function readPaging({ limit, cursor }: z.output<typeof paging>): { limit: number; after?: string } {
  return { limit, after: cursor === undefined ? undefined : decodeCursor(cursor) };
}

/** Members that tell where a list goes on. */
export const pageMembers = ({ hasMore, nextCursor }: Pick<Page<unknown>, 'hasMore' | 'nextCursor'>) => ({
  has_more: hasMore,
  next_cursor: nextCursor,
});

/** An error on the wire. An error may have further members. */
export const errorSchema = z.looseObject({
  error: z.string(),
  field: z.string().optional(),
  retry_after_seconds: z.int().optional(),
});

/** The schemas of `pageMembers`. */
export const pageSchemas = { has_more: z.boolean(), next_cursor: z.string().nullable() };

export const workerId = (id: string): string => `worker_${id}`;

export const isoTime = (date: Date): string => date.toISOString();
