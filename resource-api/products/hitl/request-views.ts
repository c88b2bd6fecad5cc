/** Requests as the API shows them. */

import { isoTime, isoTimeOrNull } from './conventions.js';
import type { RequestFilter } from './domain/request-list.js';
import { type LoopRequest, type Recipient, responseSeconds } from './domain/requests.js';

/** As it stands in a list. */
export const requestSummary = (request: LoopRequest) => ({
  id: request.id,
  loop_id: request.loopId,
  processing_type: request.processingType,
  type: request.type,
  priority: request.priority,
  request_text: request.requestText,
  response_type: request.responseType,
  status: request.status,
  response_data: request.responseData,
  response_by: request.responseBy,
  response_at: isoTimeOrNull(request.responseAt),
  response_time_seconds: responseSeconds(request),
  timeout_at: isoTime(request.timeoutAt),
  created_at: isoTime(request.createdAt),
  updated_at: isoTime(request.updatedAt),
});

/** Whole. Which key asked, and where the answer is called to, concerns its creator alone. */
export function requestView(request: LoopRequest, recipients: Recipient[], viewerId: string) {
  const own = request.creatorId === viewerId;
  return {
    id: request.id,
    loop_id: request.loopId,
    creator_id: request.creatorId,
    api_key_id: own ? request.keyId : null,
    processing_type: request.processingType,
    type: request.type,
    priority: request.priority,
    request_text: request.requestText,
    image_url: request.imageUrl,
    context: request.context,
    platform: request.platform,
    platform_version: request.platformVersion,
    response_type: request.responseType,
    response_config: request.responseConfig,
    default_response: request.defaultResponse,
    timeout_at: isoTime(request.timeoutAt),
    callback_url: own ? request.callbackUrl : null,
    broadcasted_to: recipients.map((recipient) => ({
      user_id: recipient.userId,
      email: recipient.email,
      role: recipient.role,
      notification_sent: recipient.notificationSent,
      notification_error: recipient.notificationError,
    })),
    broadcasted_at: isoTime(request.broadcastedAt),
    status: request.status,
    response_by: request.responseBy,
    response_at: isoTimeOrNull(request.responseAt),
    response_data: request.responseData,
    response_time_seconds: responseSeconds(request),
    created_at: isoTime(request.createdAt),
    updated_at: isoTime(request.updatedAt),
  };
}

export function listView(
  { requests, total }: { requests: LoopRequest[]; total: number },
  { limit, offset }: Pick<RequestFilter, 'limit' | 'offset'>,
) {
  const next = offset + requests.length;
  const hasMore = requests.length > 0 && next < total;
  return {
    requests: requests.map(requestSummary),
    count: requests.length,
    total,
    has_more: hasMore,
    pagination: { limit, offset, next_offset: hasMore ? next : null },
  };
}
