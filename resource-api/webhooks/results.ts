/** Writes down what came of attempts: the log, the delivery's state, the lane's and the endpoint's standing. */
import { sqlFromNow, sqlNow } from '../../shared/clock.js';
import { inTransaction, type Services } from '../../shared/services.js';
import { type Delivery, holdEnd, type Lane, type LaneEndpoint, renewHold } from './lanes.js';
import { mailEndpointStopped } from './stopped-mail.js';
import { type Attempt, laneRest, type Verdict } from './verdict.js';

export interface Result {
  delivery: Delivery;
  attempt: Attempt;
  verdict: Verdict;
}

/** An endpoint that has not once succeeded for this long is paused. */
const pauseAfterSeconds = 72 * 3600;

/**
 * Logs one attempt and settles or postpones its delivery, in one statement: this is what a crash may cut off. The
 * last attempt is made when the three days end, unless the receiver asked for a longer wait.
 */
export async function recordAttempt(
  services: Services,
  { delivery, attempt, verdict }: Result,
): Promise<void> {
  const waits = verdict.kind === 'retry' ? verdict : { afterSeconds: 0, askedSeconds: 0 };
  await services.db.raw(
    `with logged as (
       insert into webhook_attempts
         (delivery_id, at, url, duration_ms, request_headers, status, answer_headers, answer_body, problem)
       values (:id, :at, :url, :durationMs, :requestHeaders, :status, :answerHeaders, :answerBody, :problem)
     ), outcome as (
       select case when :delivered then 'delivered'
                   when :retrying and :soon < give_up_at and :asked <= give_up_at then 'pending'
                   else 'failed' end as state
       from webhook_deliveries where id = :id
     )
     update webhook_deliveries set
       state = outcome.state,
       attempts = attempts + 1,
       next_attempt_at = least(:after, give_up_at),
       finished_at = case when outcome.state = 'pending' then null else :now::timestamptz end
     from outcome where id = :id and webhook_deliveries.state = 'pending'`,
    {
      ...columnsOf(attempt),
      id: delivery.id,
      delivered: verdict.kind === 'delivered',
      retrying: verdict.kind === 'retry',
      now: sqlNow(services),
      soon: sqlFromNow(services, 60),
      after: sqlFromNow(services, waits.afterSeconds),
      asked: sqlFromNow(services, waits.askedSeconds),
    },
  );
}

function columnsOf({ answer: response, ...attempt }: Attempt) {
  return {
    at: attempt.at,
    url: attempt.url,
    durationMs: attempt.durationMs,
    requestHeaders: JSON.stringify(attempt.requestHeaders),
    problem: attempt.problem ?? null,
    status: response?.status ?? null,
    answerHeaders: response ? JSON.stringify(response.headers) : null,
    answerBody: response?.body ?? null,
  };
}

/** Judges a round as a whole. Returns the lane to go on with, or undefined when it must rest or stop. */
export async function settleRound(
  services: Services,
  lane: Lane,
  endpoint: LaneEndpoint,
  round: Result[],
): Promise<Lane | undefined> {
  const gone = round.find(({ verdict }) => verdict.kind === 'gone');
  if (gone) {
    await stopReceiver(services, lane, endpoint, gone.delivery.url);
    return endpoint.kind === 'callback' ? lane : undefined;
  }
  const succeeded = round.some(({ verdict }) => verdict.kind === 'delivered');
  if (!succeeded) return restLane(services, lane, endpoint, round);
  if (lane.failures === 0) return (await renewHold(services, lane)) ? lane : undefined;
  return recoverLane(services, lane);
}

/** It answers again: what waits for another attempt goes out now. */
async function recoverLane(services: Services, lane: Lane): Promise<Lane> {
  await inTransaction(services, async (tx) => {
    await tx
      .db('webhook_lanes')
      .where({ id: lane.id })
      .update({ failures: 0, failing_since: null, resume_at: null, held_until: holdEnd(tx) });
    await tx
      .db('webhook_deliveries')
      .where({ lane_id: lane.id, state: 'pending' })
      .where('next_attempt_at', '>', sqlNow(tx))
      .update({ next_attempt_at: sqlNow(tx) });
  });
  return { ...lane, failures: 0 };
}

async function restLane(
  services: Services,
  lane: Lane,
  endpoint: LaneEndpoint,
  round: Result[],
): Promise<Lane | undefined> {
  const failures = lane.failures + 1;
  const restSeconds = laneRest(round, failures, Math.random());
  return inTransaction(services, async (tx) => {
    const row = tx.db('webhook_lanes').where({ id: lane.id });
    await row.clone().update({
      failures,
      failing_since: tx.db.raw('coalesce(failing_since, ?)', [sqlNow(tx)]),
      resume_at: restSeconds > 0 ? sqlFromNow(tx, restSeconds) : null,
      held_until: holdEnd(tx),
    });
    const failingLong = await row
      .where('failing_since', '<=', sqlFromNow(tx, -pauseAfterSeconds))
      .first('id');
    if (failingLong && endpoint.kind === 'endpoint') {
      await stopEndpoint(tx, endpoint, 'paused', 'failing');
      return undefined;
    }
    return restSeconds > 0 ? undefined : { ...lane, failures };
  });
}

/** 410: an endpoint is switched off; of an account's callback addresses only that one is given up. */
async function stopReceiver(
  services: Services,
  lane: Lane,
  endpoint: LaneEndpoint,
  url: string,
): Promise<void> {
  await inTransaction(services, async (tx) => {
    const pending = tx.db('webhook_deliveries').where({ lane_id: lane.id, state: 'pending' });
    if (endpoint.kind === 'callback') pending.where({ url });
    await pending.update({ state: 'failed', finished_at: sqlNow(tx) });
    if (endpoint.kind === 'endpoint') await stopEndpoint(tx, endpoint, 'disabled', 'gone');
  });
}

async function stopEndpoint(
  tx: Services,
  endpoint: LaneEndpoint,
  state: 'paused' | 'disabled',
  reason: 'failing' | 'gone',
): Promise<void> {
  const stopped = await tx
    .db('webhook_endpoints')
    .where({ id: endpoint.id, state: 'active' })
    .update({ state, state_reason: reason });
  if (stopped === 1) await mailEndpointStopped(tx, endpoint, reason);
}
