/** What the creator of a review says of its answer. Once; the reviewer gets it by mail. */
import { sqlNow } from '../../../../shared/clock.js';
import { DomainError } from '../../../../shared/errors.js';
import { findUserById } from '../../../../shared/identity/people/users.js';
import { newId } from '../../../../shared/ids.js';
import { queueMail } from '../../../../shared/mail/mail.js';
import { inTransaction, type Services } from '../../../../shared/services.js';
import type { Viewer } from './loops.js';
import { feedbackMail } from './review-mails.js';
import { getOwnReview, type Review } from './reviews.js';

export type Feedback = Record<string, unknown>;

/** Throws `not_found`, `access_denied`, and `conflict` for a review without an answer or with feedback. */
export async function addFeedback(
  services: Services,
  viewer: Viewer,
  reviewId: string,
  feedback: Feedback,
): Promise<{ id: string; submittedAt: Date; reviewerNotified: boolean }> {
  return inTransaction(services, async (tx) => {
    const review = await getOwnReview(tx, viewer, reviewId);
    if (review.status !== 'completed') {
      throw new DomainError('conflict', { message: 'Feedback can only be added to completed requests' });
    }
    const [added] = await tx
      .db('review_feedback')
      .insert({
        id: newId(),
        review_id: reviewId,
        feedback: JSON.stringify(feedback),
        submitted_at: sqlNow(tx),
      })
      .onConflict('review_id')
      .ignore()
      .returning(['id', 'submitted_at']);
    if (!added) throw new DomainError('conflict', { message: 'Feedback was added already' });
    const reviewerNotified = await notifyReviewer(tx, review, feedback);
    return { id: added.id, submittedAt: added.submitted_at, reviewerNotified };
  });
}

async function notifyReviewer(tx: Services, review: Review, feedback: Feedback): Promise<boolean> {
  if (review.environment === 'test' || review.responseBy === null) return false;
  const reviewer = await findUserById(tx, review.responseBy);
  if (reviewer?.status !== 'active' || reviewer.emailVerifiedAt === null) return false;
  await queueMail(tx, { to: reviewer.email, ...feedbackMail({ text: review.requestText, feedback }) });
  return true;
}
