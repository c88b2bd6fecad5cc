/** Feedback on a completed request by its creator. Further members than the documented ones are kept. */
import { z } from 'zod';
import { checkFreeForm } from '../../body/member-schemas.js';
import { post } from '../../routing/route.js';
import { byKey, done, doneSchema, isoTime, text, viewerOf } from './conventions.js';
import { addFeedback } from './domain/feedback.js';

const rating = (name: string) =>
  z
    .number()
    .refine((value) => value >= 1 && value <= 5, `feedback.${name} must be between 1 and 5`)
    .optional();

const feedback = z
  .looseObject({
    rating: rating('rating'),
    comment: text('feedback.comment', 0, 1000).optional(),
    accuracy: rating('accuracy'),
    timeliness: rating('timeliness'),
    helpfulness: rating('helpfulness'),
    would_recommend: z.boolean().optional(),
    tags: z.array(z.string().min(1).max(50)).max(20).optional(),
    category: z.enum(['positive', 'constructive', 'issue']).optional(),
    follow_up_needed: z.boolean().optional(),
  })
  .refine((value) => Object.keys(value).length > 0, 'feedback must not be empty')
  .superRefine(checkFreeForm);

export const feedbackRoutes = [
  post(
    '/v1/api/requests/:id/feedback',
    {
      ...byKey('requests:write'),
      body: z.strictObject({ feedback }),
      idempotent: true,
      reference: {
        summary: 'Give feedback on a completed request.',
        responses: {
          200: doneSchema({
            request_id: z.string(),
            feedback: z.record(z.string(), z.unknown()),
            feedback_id: z.string(),
            submitted_at: z.iso.datetime(),
            reviewer_notified: z.boolean(),
          }),
        },
        errors: ['access_denied', 'conflict'],
      },
    },
    async (call) => {
      const { services, params, body } = call;
      const added = await addFeedback(services, viewerOf(call), params.id, body.feedback);
      return done('Feedback added successfully', {
        request_id: params.id,
        feedback: body.feedback,
        feedback_id: added.id,
        submitted_at: isoTime(added.submittedAt),
        reviewer_notified: added.reviewerNotified,
      });
    },
  ),
];
