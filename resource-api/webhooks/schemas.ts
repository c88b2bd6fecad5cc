/** Bodies and queries of the webhook routes, with their names on the wire. */
import { z } from 'zod';
import { instant, text } from '../body/member-schemas.js';
import { clearable } from '../body/null-members.js';

const url = z.string().max(2_000);
/** null or absent: all. */
const events = z
  .array(z.string().regex(/^[a-z_]+(\.[a-z_]+)+$/))
  .min(1)
  .max(50)
  .nullable();
const description = text(0, 200);

export const newEndpoint = z.strictObject({
  url,
  events: events.optional(),
  description: description.optional(),
  /** One's own, for receivers that have it already. */
  secret: z.string().max(200).optional(),
});

export const endpointChanges = z.strictObject({
  url: url.optional(),
  events: events.optional(),
  description: clearable(description, '').optional(),
  state: z.enum(['active', 'paused']).optional(),
});

/** The old secret signs too for this long; a day without saying, a week at most. */
export const rotation = z.strictObject({ grace_seconds: z.int().min(0).max(604_800).optional() });

/** What failed since then is sent again; the last three days without saying. */
export const replay = z.strictObject({ since: instant.optional() });

export const logQuery = z.object({
  endpoint_id: z.string().max(100).optional(),
  state: z.enum(['pending', 'delivered', 'failed']).optional(),
  before: z.string().max(100).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(50),
});
