/** What reviewers do with a request, signed in as themselves: no key answers for a person. */
import { z } from 'zod';
import { post } from '../../routing/route.js';
import { byPerson, done, doneSchema, isoTimeOrNull, viewerOf } from './conventions.js';
import { answerRequest, claimRequest } from './domain/answers.js';
import { statuses } from './domain/requests.js';
import { requestSummary, requestSummarySchema } from './request-views.js';

const response = z.strictObject({ response_data: z.unknown().optional() });

export const responseRoutes = [
  post(
    '/v1/api/requests/:id/claim',
    {
      ...byPerson,
      reference: {
        summary: 'Claim a request, so that nobody else responds to it meanwhile.',
        responses: {
          200: doneSchema({
            request_id: z.string(),
            status: z.enum(statuses),
            claimed_by: z.string().nullable(),
            claimed_until: z.iso.datetime().nullable(),
          }),
        },
        errors: ['access_denied', 'conflict'],
      },
    },
    async (call) => {
      const request = await claimRequest(call.services, viewerOf(call), call.params.id);
      return done('Request claimed successfully', {
        request_id: request.id,
        status: request.status,
        claimed_by: request.claimedBy,
        claimed_until: isoTimeOrNull(request.claimedUntil),
      });
    },
  ),

  post(
    '/v1/api/requests/:id/respond',
    {
      ...byPerson,
      body: response,
      idempotent: true,
      reference: {
        summary: 'Respond to a request.',
        responses: { 200: doneSchema({ request: requestSummarySchema }) },
        errors: ['access_denied', 'conflict'],
      },
    },
    async (call) => {
      const { services, params, body } = call;
      const request = await answerRequest(services, viewerOf(call), params.id, body.response_data);
      return done('Response submitted successfully', { request: requestSummary(request) });
    },
  ),
];
