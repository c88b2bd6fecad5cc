/** What reviewers do with a request, signed in as themselves: no key answers for a person. */
import { z } from 'zod';
import { post } from '../../routing/route.js';
import { byPerson, done, isoTimeOrNull, viewerOf } from './conventions.js';
import { answerRequest, claimRequest } from './domain/answers.js';
import { requestSummary } from './request-views.js';

const response = z.strictObject({ response_data: z.unknown().optional() });

export const responseRoutes = [
  post('/v1/api/requests/:id/claim', byPerson, async (call) => {
    const request = await claimRequest(call.services, viewerOf(call), call.params.id);
    return done('Request claimed successfully', {
      request_id: request.id,
      status: request.status,
      claimed_by: request.claimedBy,
      claimed_until: isoTimeOrNull(request.claimedUntil),
    });
  }),

  post('/v1/api/requests/:id/respond', { ...byPerson, body: response, idempotent: true }, async (call) => {
    const { services, params, body } = call;
    const request = await answerRequest(services, viewerOf(call), params.id, body.response_data);
    return done('Response submitted successfully', { request: requestSummary(request) });
  }),
];
