/** Requests as the API shows them. */

import { isoTime, isoTimeOrNull } from './conventions.js';
import type { ReviewFilter } from './domain/review-list.js';
import { type Recipient, type Review, responseSeconds } from './domain/reviews.js';

/** As it stands in a list. */
export const requestSummary = (review: Review) => ({
  id: review.id,
  loop_id: review.loopId,
  processing_type: review.processingType,
  type: review.type,
  priority: review.priority,
  request_text: review.requestText,
  response_type: review.responseType,
  status: review.status,
  response_data: review.responseData,
  response_by: review.responseBy,
  response_at: isoTimeOrNull(review.responseAt),
  response_time_seconds: responseSeconds(review),
  timeout_at: isoTime(review.timeoutAt),
  created_at: isoTime(review.createdAt),
  updated_at: isoTime(review.updatedAt),
});

/** Whole. Which key asked, and where the answer is called to, concerns its creator alone. */
export function requestView(review: Review, recipients: Recipient[], viewerId: string) {
  const own = review.creatorId === viewerId;
  return {
    id: review.id,
    loop_id: review.loopId,
    creator_id: review.creatorId,
    api_key_id: own ? review.keyId : null,
    processing_type: review.processingType,
    type: review.type,
    priority: review.priority,
    request_text: review.requestText,
    image_url: review.imageUrl,
    context: review.context,
    platform: review.platform,
    platform_version: review.platformVersion,
    response_type: review.responseType,
    response_config: review.responseConfig,
    default_response: review.defaultResponse,
    timeout_at: isoTime(review.timeoutAt),
    callback_url: own ? review.callbackUrl : null,
    broadcasted_to: recipients.map((recipient) => ({
      user_id: recipient.userId,
      email: recipient.email,
      role: recipient.role,
      notification_sent: recipient.notificationSent,
      notification_error: recipient.notificationError,
    })),
    broadcasted_at: isoTime(review.broadcastedAt),
    status: review.status,
    response_by: review.responseBy,
    response_at: isoTimeOrNull(review.responseAt),
    response_data: review.responseData,
    response_time_seconds: responseSeconds(review),
    created_at: isoTime(review.createdAt),
    updated_at: isoTime(review.updatedAt),
  };
}

export function listView(
  { reviews, total }: { reviews: Review[]; total: number },
  { limit, offset }: Pick<ReviewFilter, 'limit' | 'offset'>,
) {
  const next = offset + reviews.length;
  const hasMore = reviews.length > 0 && next < total;
  return {
    requests: reviews.map(requestSummary),
    count: reviews.length,
    total,
    has_more: hasMore,
    pagination: { limit, offset, next_offset: hasMore ? next : null },
  };
}
