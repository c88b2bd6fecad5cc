/** An error of HaaS on the wire. */
import { z } from 'zod';

/** An error may have further members, such as `suggestion` and `details`. */
export const errorSchema = z.strictObject({
  error: z.looseObject({
    code: z.int(),
    type: z.string(),
    message: z.string(),
    field: z.string().optional(),
    retry_after: z.int().optional(),
    request_id: z.string().optional(),
  }),
});
