/** How a review ends without a reviewer: cancelled, over its deadline, or in the test environment as was wished. */
import { sqlNow } from '../../../../shared/clock.js';
import { DomainError } from '../../../../shared/errors.js';
import { inTransaction, type Services } from '../../../../shared/services.js';
import { answerColumns } from './answers.js';
import type { Viewer } from './loops.js';
import { readResponseRules } from './response-rules.js';
import { sampleResponse } from './responses.js';
import { emitReviewEvent } from './review-events.js';
import { getOwnReview, isOpen, lockReview, type Review, type ReviewStatus } from './reviews.js';
import { readSimulation, simulatedReviewer } from './simulated-reviewer.js';

/** Takes back a question of the viewer's own. Throws `not_found`, `access_denied`, and `conflict` once it has ended. */
export async function cancelReview(
  services: Services,
  viewer: Viewer,
  id: string,
): Promise<{ previousStatus: ReviewStatus; cancelledAt: Date }> {
  return inTransaction(services, async (tx) => {
    await getOwnReview(tx, viewer, id);
    const review = await lockReview(tx, id);
    if (!review) throw new DomainError('not_found', { subject: 'request' });
    if (!isOpen(review)) {
      throw new DomainError('conflict', { message: 'Request cannot be cancelled in current state' });
    }
    const ended = await end(tx, review, { status: 'cancelled' });
    return { previousStatus: review.status, cancelledAt: ended.updatedAt };
  });
}

/** Ends a review whose time is over, with its default response; does nothing to one that has ended. */
export async function expireReview(tx: Services, id: string): Promise<void> {
  const review = await lockReview(tx, id);
  if (review && isOpen(review) && review.timeoutAt <= (await databaseTime(tx))) await timeOut(tx, review);
}

/** Does to a test review what it asks for. */
export async function simulateReview(tx: Services, id: string): Promise<void> {
  const review = await lockReview(tx, id);
  if (review?.environment !== 'test' || !isOpen(review)) return;
  if (readSimulation(review.context) === 'timeout') return timeOut(tx, review);
  const answer = sampleResponse(readResponseRules(review.responseType, review.responseConfig));
  await end(tx, review, answerColumns(tx, simulatedReviewer.id, answer));
}

async function timeOut(tx: Services, review: Review): Promise<void> {
  const { defaultResponse } = review;
  const answer = defaultResponse === null ? null : JSON.stringify(defaultResponse);
  await end(tx, review, { status: 'timeout', response_data: answer });
}

async function end(tx: Services, { id }: Review, columns: Record<string, unknown>): Promise<Review> {
  await tx
    .db('reviews')
    .where({ id })
    .update({ claimed_by: null, claimed_until: null, ...columns, updated_at: sqlNow(tx) });
  const ended = await lockReview(tx, id);
  if (!ended) throw new Error('a review vanished while it was held');
  await emitReviewEvent(tx, ended);
  return ended;
}

async function databaseTime(tx: Services): Promise<Date> {
  const { rows } = await tx.db.raw('select ? as now', [sqlNow(tx)]);
  return rows[0].now;
}
