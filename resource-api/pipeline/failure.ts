/**
 * How a failure becomes an answer in the product's envelope. What was not foreseen is bland for the client and
 * complete in the log, and the request id joins the two.
 */

import { DomainError } from '../../shared/errors.js';
import type { LimitDecision } from '../../shared/limiter/limit.js';
import { isDatabaseUnavailable } from '../../shared/postgres/db.js';
import { type Product, publicError } from '../../shared/products/product.js';
import type { Services } from '../../shared/services.js';
import { Reply } from '../routing/reply.js';
import type { AccessRule } from '../routing/route.js';
import type { Identity } from './authenticate.js';
import { challengeFields } from './challenge.js';

/** Seconds after which it makes sense to try again when the database is gone, or a handler named no time. */
const retryAfterSeconds = 5;

export interface FailureContext {
  services: Pick<Services, 'config' | 'logger' | 'clock'>;
  product: Product;
  requestId: string;
  identity: Identity | undefined;
  decision: LimitDecision | undefined;
  /** Who may use the route that was called; undefined where there is none. */
  by: AccessRule | undefined;
}

/** The answer to anything that was thrown. */
export function sendFailure(context: FailureContext, thrown: unknown): Reply {
  const error = knownError(context, thrown);
  const { product, decision } = context;
  const refusedBy = error.code === 'rate_limited' ? decision?.refusedBy : undefined;
  const shown = {
    ...publicError(product, error, context.requestId),
    limit: refusedBy && {
      retryAfterSeconds: refusedBy.waitSeconds,
      quota: refusedBy.quota,
      used: refusedBy.used,
    },
  };
  return new Reply(shown.status, product.envelope(shown), failureFields(context, error, shown.status));
}

function knownError({ services: { logger }, requestId }: FailureContext, thrown: unknown): DomainError {
  if (thrown instanceof DomainError) return thrown;
  if (isDatabaseUnavailable(thrown)) {
    logger.error({ err: thrown, requestId }, 'the database is not there');
    return new DomainError('unavailable', { retryAfterSeconds });
  }
  logger.error({ err: thrown, requestId }, 'a request failed');
  return new DomainError('internal');
}

function failureFields(context: FailureContext, error: DomainError, status: number): Record<string, string> {
  const fields: Record<string, string> = {};
  const { allow, retryAfterSeconds: wait } = error.data;
  if (allow) fields.Allow = allow.join(', ');
  if (status === 413) fields.Connection = 'close';
  if (status === 426) fields.Upgrade = 'websocket';
  if (wait !== undefined) fields['Retry-After'] = String(wait);
  else if (status === 429 && error.code !== 'rate_limited') fields['Retry-After'] = String(retryAfterSeconds);
  return { ...fields, ...challengeFields(context, error, status) };
}
