/**
 * Turns a failure into a reply in the product's envelope. A failure that was not foreseen tells the client nothing but
 * the request id; the log has the details under the same id.
 */

import { DomainError } from '../../../shared/errors.js';
import { isDatabaseUnavailable } from '../../../shared/postgres/db.js';
import { publicError } from '../../../shared/products/product.js';
import { Reply } from '../../routing/reply.js';
import type { RequestContext } from '../request-context.js';
import { challengeFields } from './challenge.js';

/** Seconds after which it makes sense to try again when the database is gone, or a handler named no time. */
const retryAfterSeconds = 5;

/** The reply to anything that a step has thrown. */
export function failureReply(context: RequestContext, thrown: unknown): Reply {
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

function knownError({ pipeline, requestId }: RequestContext, thrown: unknown): DomainError {
  const { logger } = pipeline.services;
  if (thrown instanceof DomainError) return thrown;
  if (isDatabaseUnavailable(thrown)) {
    logger.error({ err: thrown, requestId }, 'the database is not there');
    return new DomainError('unavailable', { retryAfterSeconds });
  }
  logger.error({ err: thrown, requestId }, 'a request failed');
  return new DomainError('internal');
}

function failureFields(context: RequestContext, error: DomainError, status: number): Record<string, string> {
  const fields: Record<string, string> = {};
  const { allow, retryAfterSeconds: wait } = error.data;
  if (allow) fields.Allow = allow.join(', ');
  if (status === 413) fields.Connection = 'close';
  if (status === 426) fields.Upgrade = 'websocket';
  if (wait !== undefined) fields['Retry-After'] = String(wait);
  else if (status === 429 && error.code !== 'rate_limited') fields['Retry-After'] = String(retryAfterSeconds);
  return { ...fields, ...challengeFields(context, error, status) };
}
