/** How a request ends without a reviewer: cancelled, over its deadline, or in the test environment as was wished. */
import { sqlNow } from '../../../../shared/clock.js';
import { DomainError } from '../../../../shared/errors.js';
import { inTransaction, type Services } from '../../../../shared/services.js';
import { answerColumns } from './answers.js';
import type { Viewer } from './loops.js';
import { emitRequestEvent } from './request-events.js';
import { getOwnRequest, isOpen, type LoopRequest, lockRequest, type RequestStatus } from './requests.js';
import { readResponseRules } from './response-rules.js';
import { sampleResponse } from './responses.js';
import { readSimulation, simulatedReviewer } from './simulated-reviewer.js';

/** Takes back a question of the viewer's own. Throws `not_found`, `access_denied`, and `conflict` once it has ended. */
export async function cancelRequest(
  services: Services,
  viewer: Viewer,
  id: string,
): Promise<{ previousStatus: RequestStatus; cancelledAt: Date }> {
  return inTransaction(services, async (tx) => {
    await getOwnRequest(tx, viewer, id);
    const request = await lockRequest(tx, id);
    if (!request) throw new DomainError('not_found', { subject: 'request' });
    if (!isOpen(request)) {
      throw new DomainError('conflict', { message: 'Request cannot be cancelled in current state' });
    }
    const ended = await end(tx, request, { status: 'cancelled' });
    return { previousStatus: request.status, cancelledAt: ended.updatedAt };
  });
}

/** Ends a request whose time is over, with its default response; does nothing to one that has ended. */
export async function expireRequest(tx: Services, id: string): Promise<void> {
  const request = await lockRequest(tx, id);
  if (request && isOpen(request) && request.timeoutAt <= (await databaseTime(tx))) await timeOut(tx, request);
}

/** Does to a test request what it asks for. */
export async function simulateRequest(tx: Services, id: string): Promise<void> {
  const request = await lockRequest(tx, id);
  if (request?.environment !== 'test' || !isOpen(request)) return;
  if (readSimulation(request.context) === 'timeout') return timeOut(tx, request);
  const response = sampleResponse(readResponseRules(request.responseType, request.responseConfig));
  await end(tx, request, answerColumns(tx, simulatedReviewer.id, response));
}

async function timeOut(tx: Services, request: LoopRequest): Promise<void> {
  const { defaultResponse } = request;
  const response = defaultResponse === null ? null : JSON.stringify(defaultResponse);
  await end(tx, request, { status: 'timeout', response_data: response });
}

async function end(
  tx: Services,
  { id }: LoopRequest,
  columns: Record<string, unknown>,
): Promise<LoopRequest> {
  await tx
    .db('reviews')
    .where({ id })
    .update({ claimed_by: null, claimed_until: null, ...columns, updated_at: sqlNow(tx) });
  const ended = await lockRequest(tx, id);
  if (!ended) throw new Error('a request vanished while it was held');
  await emitRequestEvent(tx, ended);
  return ended;
}

async function databaseTime(tx: Services): Promise<Date> {
  const { rows } = await tx.db.raw('select ? as now', [sqlNow(tx)]);
  return rows[0].now;
}
