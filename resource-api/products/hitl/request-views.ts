/** Requests as the API shows them. */
import { z } from 'zod';

import { isoTime, isoTimeOrNull, paginationSchema } from './conventions.js';
import type { RequestFilter } from './domain/request-list.js';
import {
  contentTypes,
  type LoopRequest,
  priorities,
  processingTypes,
  type Recipient,
  responseSeconds,
  statuses,
} from './domain/requests.js';
import { responseTypes } from './domain/response-rules.js';

const common = {
  id: z.string(),
  loop_id: z.string(),
  processing_type: z.enum(processingTypes),
  type: z.enum(contentTypes),
  priority: z.enum(priorities),
  request_text: z.string(),
  response_type: z.enum(responseTypes),
  status: z.enum(statuses),
  /** Text, number or list, by the response type; null while there is no response. */
  response_data: z.unknown(),
  response_by: z.string().nullable(),
  response_at: z.iso.datetime().nullable(),
  response_time_seconds: z.number().nullable(),
  timeout_at: z.iso.datetime(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
};

export const requestSummarySchema = z.strictObject(common);

export const requestSchema = z.strictObject({
  ...common,
  creator_id: z.string(),
  api_key_id: z.string().nullable(),
  image_url: z.string().nullable(),
  context: z.record(z.string(), z.unknown()).nullable(),
  platform: z.string().nullable(),
  platform_version: z.string().nullable(),
  response_config: z.record(z.string(), z.unknown()),
  default_response: z.unknown(),
  callback_url: z.string().nullable(),
  broadcasted_to: z.array(
    z.strictObject({
      user_id: z.string(),
      email: z.string(),
      role: z.enum(['admin', 'member']),
      notification_sent: z.boolean(),
      notification_error: z.string().nullable(),
    }),
  ),
  broadcasted_at: z.iso.datetime(),
});

export const requestListSchemas = {
  requests: z.array(requestSummarySchema),
  count: z.int(),
  total: z.int(),
  has_more: z.boolean(),
  pagination: paginationSchema,
};

/** As it stands in a list. */
export const requestSummary = (request: LoopRequest): z.input<typeof requestSummarySchema> => ({
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
export function requestView(
  request: LoopRequest,
  recipients: Recipient[],
  viewerId: string,
): z.input<typeof requestSchema> {
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
