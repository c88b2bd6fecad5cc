/**
 * How a review ended, told to its `callback_url` and to the account's endpoints, in the transaction that ended it.
 * While it has no answer, everything about the answer is null.
 */
import { findUserById } from '../../../../shared/identity/people/users.js';
import type { Services } from '../../../../shared/services.js';
import { emitEvent } from '../../../../shared/webhooks/outbox.js';
import type { ResponseType } from './response-rules.js';
import { type Review, responseSeconds } from './reviews.js';
import { simulatedReviewer } from './simulated-reviewer.js';

type Ending = 'completed' | 'timeout' | 'cancelled';

/** The member under which an answer of each type stands. */
const answerNames: Record<ResponseType, string> = {
  single_select: 'selected_value',
  multi_select: 'selected_values',
  text: 'text',
  rating: 'rating',
  number: 'number',
};

/** Call it inside the transaction, which holds the review's row. */
export async function emitReviewEvent(tx: Services, review: Review): Promise<void> {
  const ending = review.status as Ending;
  const data = await describeEnding(tx, review);
  const event = `request.${ending}`;
  await emitEvent(tx, {
    accountId: review.creatorId,
    product: review.product,
    environment: review.environment,
    type: event,
    data,
    orderKey: review.id,
    ...(review.callbackUrl === null ? {} : { url: review.callbackUrl, urlBody: { event, ...data } }),
  });
}

async function describeEnding(tx: Services, review: Review): Promise<Record<string, unknown>> {
  const answered = review.status === 'completed';
  return {
    request_id: review.id,
    loop_id: review.loopId,
    status: review.status,
    response_data: answered ? { [answerNames[review.responseType]]: review.responseData } : null,
    response_by: answered ? await describeReviewer(tx, review.responseBy) : null,
    response_at: review.responseAt?.toISOString() ?? null,
    response_time_seconds: responseSeconds(review),
    created_at: review.createdAt.toISOString(),
  };
}

async function describeReviewer(tx: Services, id: string | null) {
  if (id === null) return null;
  const reviewer = id === simulatedReviewer.id ? simulatedReviewer : await findUserById(tx, id);
  return reviewer ? { user_id: id, name: reviewer.name, email: reviewer.email } : null;
}
