/**
 * How a request ended, told to its `callback_url` and to the account's endpoints, in the transaction that ended it.
 * While it has no answer, everything about the answer is null.
 */
import { findUserById } from '../../../../shared/identity/people/users.js';
import type { Services } from '../../../../shared/services.js';
import { emitEvent } from '../../../../shared/webhooks/outbox.js';
import { type LoopRequest, responseSeconds } from './requests.js';
import type { ResponseType } from './response-rules.js';
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

/** Call it inside the transaction, which holds the request's row. */
export async function emitRequestEvent(tx: Services, request: LoopRequest): Promise<void> {
  const ending = request.status as Ending;
  const data = await describeEnding(tx, request);
  const event = `request.${ending}`;
  await emitEvent(tx, {
    accountId: request.creatorId,
    product: request.product,
    environment: request.environment,
    type: event,
    data,
    orderKey: request.id,
    ...(request.callbackUrl === null ? {} : { url: request.callbackUrl, urlBody: { event, ...data } }),
  });
}

async function describeEnding(tx: Services, request: LoopRequest): Promise<Record<string, unknown>> {
  const answered = request.status === 'completed';
  return {
    request_id: request.id,
    loop_id: request.loopId,
    status: request.status,
    response_data: answered ? { [answerNames[request.responseType]]: request.responseData } : null,
    response_by: answered ? await describeReviewer(tx, request.responseBy) : null,
    response_at: request.responseAt?.toISOString() ?? null,
    response_time_seconds: responseSeconds(request),
    created_at: request.createdAt.toISOString(),
  };
}

async function describeReviewer(tx: Services, id: string | null) {
  if (id === null) return null;
  const reviewer = id === simulatedReviewer.id ? simulatedReviewer : await findUserById(tx, id);
  return reviewer ? { user_id: id, name: reviewer.name, email: reviewer.email } : null;
}
