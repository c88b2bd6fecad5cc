/** What all routes of HITL.sh have in common: the envelope, who sees what, paging, times, and words for bad input. */
import { z } from 'zod';
import { countCharacters, isVisible } from '../../../shared/characters.js';
import type { Actor } from '../../../shared/identity/people/users.js';
import type { ApiKeyCaller, JwtCaller } from '../../routing/caller.js';
import type { InvalidMember } from '../../routing/product-api.js';
import { apiKey, jwt } from '../../routing/route.js';
import type { Viewer } from './domain/loops.js';

type Permission = 'loops:read' | 'loops:write' | 'requests:read' | 'requests:write';

/** A successful response. */
export const done = (msg: string, data: unknown) => ({ error: false, msg, data });

/** What `done` returns, by the schemas of the data. */
export const doneSchema = (data: z.ZodRawShape) =>
  z.strictObject({ error: z.literal(false), msg: z.string(), data: z.strictObject(data) });

/** An error on the wire; `data` says more about it. */
export const errorSchema = z.strictObject({
  error: z.literal(true),
  msg: z.string(),
  data: z.unknown().optional(),
});

/** A key that may do this. */
export const byKey = (permission: Permission) => ({ by: [apiKey()] as const, permission });

/** The same, and the JWT of a person who signed in: reviewers look at what they are asked. */
export const byKeyOrPerson = (permission: Permission) => ({ by: [apiKey(), jwt()] as const, permission });

export const byPerson = { by: [jwt()] as const };

/** A key stands for its owner, in its environment; people who sign in are in the live one. */
export function viewerOf({
  caller,
  product,
}: {
  caller: ApiKeyCaller | JwtCaller;
  product: { id: string };
}): Viewer {
  return caller.kind === 'apiKey'
    ? { personId: caller.accountId, product: product.id, environment: caller.environment }
    : { personId: caller.personId, product: product.id, environment: 'live' };
}

/** Who does it, for the audit log. */
export function actorOf({
  caller,
  address,
  userAgent,
  requestId,
}: {
  caller: ApiKeyCaller;
  address: string;
  userAgent: string | undefined;
  requestId: string;
}): Actor {
  return { kind: 'key', id: caller.keyId, address, userAgent, requestId };
}

export const paginationSchema = z.strictObject({
  limit: z.int(),
  offset: z.int(),
  next_offset: z.int().nullable(),
});

const maximumOffset = 100_000;

export const paging = (limit: number, maximum = 100) =>
  z.object({
    limit: z.coerce.number().int().min(1).max(maximum).default(limit),
    offset: z.coerce.number().int().min(0).max(maximumOffset).default(0),
  });

/** Text of so many characters, told in the documented words. */
export const text = (name: string, minimum: number, maximum: number) =>
  z
    .string()
    .refine(
      (value) => {
        const length = countCharacters(value);
        return length >= minimum && length <= maximum && (minimum === 0 || isVisible(value));
      },
      minimum === 0
        ? `${name} must have at most ${maximum} characters`
        : `${name} must be between ${minimum} and ${maximum} characters`,
    )
    .meta({ minLength: minimum, maxLength: maximum });

/** ISO 8601 in UTC, without a fraction where it is zero. */
export const isoTime = (date: Date): string => date.toISOString().replace('.000Z', 'Z');

export const isoTimeOrNull = (date: Date | null): string | null => date && isoTime(date);

/** A member that is missing or of the wrong kind is named; one that breaks a rule is told the rule. */
export function describeInvalid({ where, field, issue, message }: InvalidMember) {
  const kind = issue.code === 'invalid_type' || (issue.code === 'invalid_value' && issue.input === undefined);
  if (where === 'query' || !kind) return { field, message };
  const problem = issue.input === undefined ? 'Field is required' : message;
  return { message: 'Invalid request body', details: { field, issue: problem } };
}
