/** Requests: asked in one's own loops, seen by all members, cancelled by who asked. */

import { reply } from '../../routing/reply.js';
import { get, post, remove } from '../../routing/route.js';
import { byKey, byKeyOrPerson, done, isoTime, viewerOf } from './conventions.js';
import { cancelReview } from './domain/endings.js';
import { getLoop } from './domain/loops.js';
import { createReview } from './domain/review-creation.js';
import { listReviews } from './domain/review-list.js';
import { getReview, listRecipients } from './domain/reviews.js';
import { loopFilter, newRequest, requestFilter } from './request-schema.js';
import { listView, requestView } from './request-views.js';

const reading = byKeyOrPerson('requests:read');
const writing = byKey('requests:write');

export const requestRoutes = [
  post('/v1/api/loops/:id/requests', { ...writing, body: newRequest, idempotent: true }, async (call) => {
    const { body, caller, params, baseUrl } = call;
    const { review, broadcastedTo, notificationsSent } = await createReview(call.services, viewerOf(call), {
      loopId: params.id,
      keyId: caller.keyId,
      processingType: body.processing_type,
      type: body.type,
      priority: body.priority,
      requestText: body.request_text,
      imageUrl: body.image_url ?? null,
      context: body.context ?? null,
      timeoutSeconds: body.timeout_seconds ?? null,
      responseType: body.response_type,
      responseConfig: body.response_config,
      defaultResponse: body.default_response ?? null,
      platform: body.platform ?? null,
      platformVersion: body.platform_version ?? null,
      callbackUrl: body.callback_url ?? null,
    });
    return reply(
      201,
      done('Request created and broadcasted successfully', {
        request_id: review.id,
        status: review.status,
        processing_type: review.processingType,
        type: review.type,
        priority: review.priority,
        timeout_at: isoTime(review.timeoutAt),
        broadcasted_to: broadcastedTo,
        notifications_sent: notificationsSent,
        polling_url: `/v1/api/requests/${review.id}`,
      }),
      { Location: `${baseUrl}/v1/api/requests/${review.id}` },
    );
  }),

  get('/v1/api/loops/:id/requests', { ...reading, query: loopFilter }, async (call) => {
    const loop = await getLoop(call.services, viewerOf(call), call.params.id);
    const found = await listReviews(call.services, viewerOf(call), { ...call.query, loopId: loop.id });
    return done('Requests retrieved successfully', listView(found, call.query));
  }),

  get('/v1/api/requests', { ...reading, query: requestFilter }, async (call) => {
    const { loop_id: loopId, ...filter } = call.query;
    const found = await listReviews(call.services, viewerOf(call), { ...filter, loopId });
    return done('Requests retrieved successfully', listView(found, filter));
  }),

  get('/v1/api/requests/:id', reading, async (call) => {
    const viewer = viewerOf(call);
    const review = await getReview(call.services, viewer, call.params.id);
    const recipients = await listRecipients(call.services, review.id);
    return done('Request retrieved successfully', {
      request: requestView(review, recipients, viewer.personId),
    });
  }),

  remove('/v1/api/requests/:id', writing, async (call) => {
    const cancelled = await cancelReview(call.services, viewerOf(call), call.params.id);
    return done('Request cancelled successfully', {
      request_id: call.params.id,
      status: 'cancelled',
      cancelled_at: isoTime(cancelled.cancelledAt),
      previous_status: cancelled.previousStatus,
      refund_info: { refunded: false, reason: 'A call counts when it is made' },
    });
  }),
];
