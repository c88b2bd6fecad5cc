/** A product as the resource API serves it: its definition, its routes, and what it contributes to the server. */
import { z } from 'zod';
import type { ErrorData } from '../../shared/errors.js';
import type { JobHandlers } from '../../shared/jobs/handlers.js';
import type { Product } from '../../shared/products/product.js';
import type { Services } from '../../shared/services.js';
import type { PeopleRequestKind } from './agent-tools.js';
import type { Route } from './route.js';
import type { SocketRoute } from './socket-route.js';

/** One problem with a member of the body or the query, as zod found it. */
export interface InvalidMember {
  where: 'body' | 'query';
  /** The member's name with dots between (`compensation.amount`); empty for the whole. */
  field: string;
  issue: z.core.$ZodIssue;
  /** The words that are used if the product does not choose its own. */
  message: string;
}

/** A key that replaced itself: the only time that the new key is shown. Until the end, the old key is good as well. */
export const rotatedKeySchema = z.strictObject({
  id: z.string(),
  key: z.string(),
  previous_key_ends_at: z.iso.datetime(),
});

export type RotatedKey = z.output<typeof rotatedKeySchema>;

/** A product as the resource API serves it: its facts and its routes. */
export interface ProductApi {
  product: Product;
  routes: readonly Route[];
  sockets?: readonly SocketRoute[];
  /** The product's error envelope, for the API reference. */
  errorSchema?: z.ZodType;
  /** The background jobs of the product. */
  jobs?: JobHandlers;
  /**
   * Deletes what names or locates a person or agent who was erased, and leaves what others rely on. Runs in a
   * transaction, and again if that fails.
   */
  eraseAccount?(tx: Services, accountId: string): Promise<void>;
  /** What the product contributes for agents that ask people with tools. */
  agentTools?: readonly PeopleRequestKind[];
  /** Puts the response to `POST /{product}/key/rotate` into the product's envelope. */
  describeRotatedKey?(members: RotatedKey): unknown;
  /** What `describeRotatedKey` returns; `rotatedKeySchema` if not given. */
  rotatedKeySchema?: z.ZodType;
  /** The product's own words for a validation error; what it returns goes into the envelope. */
  describeInvalid?(invalid: InvalidMember): Pick<ErrorData, 'message' | 'field' | 'details'>;
}
