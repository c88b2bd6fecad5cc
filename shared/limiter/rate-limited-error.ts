/** A limit that is asked inside a domain function and not in front of the request. */
import { DomainError } from '../errors.js';
import type { LimitDecision } from './limit.js';

/** Thrown with the decision, so that the response can name the limit and the time to wait. */
export class RateLimitedError extends DomainError {
  constructor(readonly decision: LimitDecision) {
    super('rate_limited');
  }
}
