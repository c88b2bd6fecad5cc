/** What the creator of a request says of its answer. Once; the reviewer gets it by mail. */
import { sqlNow } from '../../../../shared/clock.js';
import { DomainError } from '../../../../shared/errors.js';
import { findUserById } from '../../../../shared/identity/people/users.js';
import { newId } from '../../../../shared/ids.js';
import { queueMail } from '../../../../shared/mail/mail.js';
import { inTransaction, type Services } from '../../../../shared/services.js';
import type { Viewer } from './loops.js';
import { feedbackMail } from './request-mails.js';
import { getOwnRequest, type LoopRequest } from './requests.js';

export type Feedback = Record<string, unknown>;

/** Throws `not_found`, `access_denied`, and `conflict` for a request without an answer or with feedback. */
export async function addFeedback(
  services: Services,
  viewer: Viewer,
  requestId: string,
  feedback: Feedback,
): Promise<{ id: string; submittedAt: Date; reviewerNotified: boolean }> {
  return inTransaction(services, async (tx) => {
    const request = await getOwnRequest(tx, viewer, requestId);
    if (request.status !== 'completed') {
      throw new DomainError('conflict', { message: 'Feedback can only be added to completed requests' });
    }
    const [added] = await tx
      .db('review_feedback')
      .insert({
        id: newId(),
        review_id: requestId,
        feedback: JSON.stringify(feedback),
        submitted_at: sqlNow(tx),
      })
      .onConflict('review_id')
      .ignore()
      .returning(['id', 'submitted_at']);
    if (!added) throw new DomainError('conflict', { message: 'Feedback was added already' });
    const reviewerNotified = await notifyReviewer(tx, request, feedback);
    return { id: added.id, submittedAt: added.submitted_at, reviewerNotified };
  });
}

async function notifyReviewer(tx: Services, request: LoopRequest, feedback: Feedback): Promise<boolean> {
  if (request.environment === 'test' || request.responseBy === null) return false;
  const reviewer = await findUserById(tx, request.responseBy);
  if (reviewer?.status !== 'active' || reviewer.emailVerifiedAt === null) return false;
  await queueMail(tx, { to: reviewer.email, ...feedbackMail({ text: request.requestText, feedback }) });
  return true;
}
