/** What reviewers do with a request, signed in as themselves: no key answers for a person. */
import { z } from 'zod';
import { post } from '../../routing/route.js';
import { byPerson, done, isoTimeOrNull, viewerOf } from './conventions.js';
import { answerReview, claimReview } from './domain/answers.js';
import { requestSummary } from './request-views.js';

const response = z.strictObject({ response_data: z.unknown().optional() });

export const responseRoutes = [
  post('/v1/api/requests/:id/claim', byPerson, async (call) => {
    const review = await claimReview(call.services, viewerOf(call), call.params.id);
    return done('Request claimed successfully', {
      request_id: review.id,
      status: review.status,
      claimed_by: review.claimedBy,
      claimed_until: isoTimeOrNull(review.claimedUntil),
    });
  }),

  post('/v1/api/requests/:id/respond', { ...byPerson, body: response, idempotent: true }, async (call) => {
    const { services, params, body } = call;
    const review = await answerReview(services, viewerOf(call), params.id, body.response_data);
    return done('Response submitted successfully', { request: requestSummary(review) });
  }),
];
