/**
 * Claiming and answering. One statement decides who was first: it changes the row only if that is still open, not
 * claimed by somebody else, not over, and the reviewer still a member. Everybody else finds it changed.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Knex } from 'knex';
import { sqlFromNow, sqlNow } from '../../../../shared/clock.js';
import { DomainError } from '../../../../shared/errors.js';
import { happenedJustNow } from '../../../../shared/repetition.js';
import { inTransaction, type Services } from '../../../../shared/services.js';
import type { Viewer } from './loops.js';
import { emitRequestEvent } from './request-events.js';
import { getRequest, type LoopRequest } from './requests.js';
import { readResponseRules } from './response-rules.js';
import { checkResponse } from './responses.js';

/** How long a claim keeps others away, in seconds. */
export const claimSeconds = 15 * 60;

/** The request, if this person can act on it at this moment. */
function actionable(services: Services, id: string, personId: string): Knex.QueryBuilder {
  const { db } = services;
  return db('reviews')
    .where({ id })
    .where('timeout_at', '>', sqlNow(services))
    .where((open) =>
      open
        .where({ status: 'pending' })
        .orWhere((claimed) =>
          claimed
            .where({ status: 'claimed' })
            .where((mine) =>
              mine.where({ claimed_by: personId }).orWhere('claimed_until', '<=', sqlNow(services)),
            ),
        ),
    )
    .whereExists(
      db('loop_members').whereRaw('loop_members.loop_id = reviews.loop_id').where({ user_id: personId }),
    );
}

/**
 * Keeps others from answering for a quarter of an hour; a claim of one's own begins anew. Throws `not_found`,
 * `access_denied`, and `conflict` for what somebody else has claimed and for what has ended.
 */
export async function claimRequest(services: Services, viewer: Viewer, id: string): Promise<LoopRequest> {
  return inTransaction(services, async (tx) => {
    await getRequest(tx, viewer, id);
    const claimed = await actionable(tx, id, viewer.personId).update({
      status: 'claimed',
      claimed_by: viewer.personId,
      claimed_until: tx.db.raw('least(timeout_at, ?)', [sqlFromNow(tx, claimSeconds)]),
      updated_at: sqlNow(tx),
    });
    const request = await getRequest(tx, viewer, id);
    if (claimed === 0) throw tooLate(request, 'claimed');
    await noteActivity(tx, request, viewer.personId);
    return request;
  });
}

/**
 * Answers a request for good. The same answer of the same person again within a moment reads success. Throws
 * `validation`, and as `claimRequest`.
 */
export async function answerRequest(
  services: Services,
  viewer: Viewer,
  id: string,
  given: unknown,
): Promise<LoopRequest> {
  return inTransaction(services, async (tx) => {
    const asked = await getRequest(tx, viewer, id);
    const rules = readResponseRules(asked.responseType, asked.responseConfig);
    const response = checkResponse(rules, given, 'response_data');
    const answered = await actionable(tx, id, viewer.personId).update(
      answerColumns(tx, viewer.personId, response),
    );
    const request = await getRequest(tx, viewer, id);
    if (answered === 0) {
      if (isRepeatedAnswer(tx, request, viewer.personId, response)) return request;
      throw tooLate(request, 'answered');
    }
    await noteActivity(tx, request, viewer.personId);
    await emitRequestEvent(tx, request);
    return request;
  });
}

function isRepeatedAnswer(
  services: Services,
  { status, responseBy, responseAt, responseData }: LoopRequest,
  personId: string,
  response: unknown,
): boolean {
  return (
    status === 'completed' &&
    responseBy === personId &&
    happenedJustNow(services, responseAt) &&
    isDeepStrictEqual(responseData, response)
  );
}

/** What an answer writes. */
export function answerColumns(tx: Services, reviewerId: string, response: unknown): Record<string, unknown> {
  return {
    status: 'completed',
    claimed_by: null,
    claimed_until: null,
    response_by: reviewerId,
    response_at: sqlNow(tx),
    response_data: JSON.stringify(response),
    updated_at: sqlNow(tx),
  };
}

function tooLate({ status }: LoopRequest, done: 'claimed' | 'answered'): DomainError {
  // A claim never outlasts the deadline: what still waits and cannot be acted on is over it.
  if (status === 'pending')
    return new DomainError('conflict', { message: 'Request has reached its deadline' });
  const message =
    status === 'claimed'
      ? 'Request is claimed by another reviewer'
      : `Request cannot be ${done} in current state`;
  return new DomainError('conflict', { message });
}

async function noteActivity(tx: Services, { loopId }: LoopRequest, personId: string): Promise<void> {
  await tx
    .db('loop_members')
    .where({ loop_id: loopId, user_id: personId })
    .update({ last_active_at: sqlNow(tx) });
}
