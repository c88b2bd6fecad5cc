/**
 * How a failure becomes an answer in the product's envelope. What was not foreseen is bland for the client and
 * complete in the log, and the request id joins the two.
 */
import type { Config } from '../shared/config.js';
import { isDatabaseUnavailable } from '../shared/db.js';
import { DomainError } from '../shared/errors.js';
import type { LimitDecision } from '../shared/limiter/limit.js';
import type { Logger } from '../shared/logger.js';
import { type Product, publicError } from '../shared/products/product.js';
import type { Identity } from './authenticate.js';
import { proofAlgorithms } from './credentials/possession.js';
import { metadataUrl } from './protected-resource.js';
import { Reply } from './reply.js';

/** Seconds after which it makes sense to try again when the database is gone, or a handler named no time. */
const retryAfterSeconds = 5;

export interface FailureContext {
  config: Config;
  logger: Logger;
  product: Product;
  requestId: string;
  identity: Identity | undefined;
  decision: LimitDecision | undefined;
}

/** The answer to anything that was thrown. */
export function answerFailure(context: FailureContext, thrown: unknown): Reply {
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

function knownError({ logger, requestId }: FailureContext, thrown: unknown): DomainError {
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
  if (wait !== undefined) fields['Retry-After'] = String(wait);
  else if (status === 429 && error.code !== 'rate_limited') fields['Retry-After'] = String(retryAfterSeconds);
  const challenge = challengeFor(context, error, status);
  if (challenge) fields['WWW-Authenticate'] = challenge;
  return fields;
}

/** RFC 6750 section 3: `error` only for those who presented something; RFC 9728 section 5.1: where to ask. */
function challengeFor(
  { config, product, identity }: FailureContext,
  error: DomainError,
  status: number,
): string | undefined {
  const scopeMissing = error.code === 'insufficient_scope';
  const ambiguous = error.code === 'credential_ambiguous';
  if (status !== 401 && !scopeMissing && !ambiguous) return undefined;
  const parts = [`realm="${product.id}"`];
  if (identity?.unproven) {
    parts.push('error="invalid_dpop_proof"', `algs="${proofAlgorithms.join(' ')}"`);
    return `DPoP ${parts.join(', ')}`;
  }
  if (ambiguous) parts.push('error="invalid_request"');
  else if (scopeMissing) parts.push('error="insufficient_scope"', `scope="${error.data.needed ?? ''}"`);
  else if (identity?.presented) parts.push('error="invalid_token"');
  if (product.oauth) parts.push(`resource_metadata="${metadataUrl(config, product)}"`);
  return `Bearer ${parts.join(', ')}`;
}
