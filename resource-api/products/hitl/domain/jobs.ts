/** What becomes due of requests, and taking a person out of them. */
import { atomicJob, type JobHandlers } from '../../../../shared/jobs/handlers.js';
import type { Services } from '../../../../shared/services.js';
import { expireRequest, simulateRequest } from './endings.js';

declare module '../../../../shared/jobs/job-names.js' {
  /** The names and the payloads are stored in the queue, so they keep the words of the table. */
  interface JobPayloads {
    'reviews.expire': { reviewId: string };
    'reviews.simulate': { reviewId: string };
  }
}

export const requestHandlers = {
  'reviews.expire': atomicJob<{ reviewId: string }>((tx, { reviewId }) => expireRequest(tx, reviewId)),
  'reviews.simulate': atomicJob<{ reviewId: string }>((tx, { reviewId }) => simulateRequest(tx, reviewId)),
} satisfies JobHandlers;

/** Deletes an erased person's loops with all that was asked in them, and takes them out of those of others. */
export async function eraseRequests(tx: Services, accountId: string): Promise<void> {
  await tx.db('loops').where({ creator_id: accountId }).delete();
  await tx.db('review_recipients').where({ user_id: accountId }).delete();
  await tx.db('loop_members').where({ user_id: accountId }).delete();
}
