/** What becomes due of reviews, and taking a person out of them. */
import { atomicJob, type JobHandlers } from '../../../../shared/jobs/handlers.js';
import type { Services } from '../../../../shared/services.js';
import { expireReview, simulateReview } from './endings.js';

export const reviewHandlers = {
  'reviews.expire': atomicJob<{ reviewId: string }>((tx, { reviewId }) => expireReview(tx, reviewId)),
  'reviews.simulate': atomicJob<{ reviewId: string }>((tx, { reviewId }) => simulateReview(tx, reviewId)),
} satisfies JobHandlers;

/** Deletes an erased person's loops with all that was asked in them, and takes them out of those of others. */
export async function eraseReviews(tx: Services, accountId: string): Promise<void> {
  await tx.db('loops').where({ creator_id: accountId }).delete();
  await tx.db('review_recipients').where({ user_id: accountId }).delete();
  await tx.db('loop_members').where({ user_id: accountId }).delete();
}
