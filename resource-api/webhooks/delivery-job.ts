/**
 * Serves one receiver: takes its lane, sends what is due in small rounds, and lets go when nothing is left, when the
 * receiver needs a rest, or when it has had its share of this process. A receiver that does not answer holds one
 * place among many for as long as one attempt lasts, and then rests longer and longer; no other waits for it.
 */
import { randomUUID } from 'node:crypto';
import { createGuardedFetch, type GuardedFetch } from '../../shared/http/outbound.js';
import { outwardJob } from '../../shared/jobs/handlers.js';
import type { Services } from '../../shared/services.js';
import { attemptMessage } from './attempt.js';
import {
  type Delivery,
  getLaneEndpoint,
  holdLane,
  type Lane,
  type LaneEndpoint,
  listDue,
  releaseLane,
} from './lanes.js';
import { type Result, recordAttempt, settleRound } from './results.js';
import { judge } from './verdict.js';

/** Calls to one receiver side by side. */
const roundSize = 5;
/** After this long a lane goes to the back of the queue. */
const shareMs = 15_000;

/** A receiver has this long for its whole answer. */
const timeoutMs = 15_000;

export const deliveryJob = outwardJob<{ laneId: string }>(
  (services, { laneId }, { stopping }) => deliverNow(services, laneId, { stopping }),
  { group: 'deliveries' },
);

/** Serves a lane in this process, unless another one does. */
export async function deliverNow(
  services: Services,
  laneId: string,
  options: { stopping?: AbortSignal; timeoutMs?: number } = {},
): Promise<void> {
  const lane = await holdLane(services, laneId, randomUUID());
  if (!lane) return;
  const limits = { totalTimeoutMs: options.timeoutMs ?? timeoutMs, maxBytes: 1_000, longer: 'cut' as const };
  const fetch = createGuardedFetch(services.config, limits);
  try {
    await serveLane(services, fetch, lane, options.stopping);
  } catch (error) {
    await releaseLane(services, lane, true).catch(() => undefined);
    throw error;
  }
}

async function serveLane(
  services: Services,
  fetch: GuardedFetch,
  held: Lane,
  stopping: AbortSignal | undefined,
): Promise<void> {
  const end = performance.now() + shareMs;
  let lane = held;
  let resting = false;
  for (;;) {
    const endpoint = await getLaneEndpoint(services, lane);
    const leave = resting || endpoint.state !== 'active' || stopping?.aborted || performance.now() > end;
    // Where something failed, one message tries whether it works again.
    const due = leave ? [] : await listDue(services, lane, endpoint, lane.failures > 0 ? 1 : roundSize);
    if (due.length === 0) {
      if (await releaseLane(services, lane, leave)) return;
      continue;
    }
    const round = await allOf(due.map((delivery) => deliver(services, fetch, endpoint, delivery)));
    const next = await settleRound(services, lane, endpoint, round);
    if (next) lane = next;
    else resting = true;
  }
}

/** Sends one delivery and writes down the outcome before anything else happens. */
async function deliver(
  services: Services,
  fetch: GuardedFetch,
  endpoint: LaneEndpoint,
  delivery: Delivery,
): Promise<Result> {
  const attempt = await attemptMessage(services, fetch, endpoint, delivery);
  const verdict = judge(attempt, delivery.attempts, services.clock.ms(), Math.random());
  const result = { delivery, attempt, verdict };
  await recordAttempt(services, result);
  return result;
}

/** As `Promise.all`, but waits for all of them even if one fails: the lane stays ours while calls are open. */
async function allOf<T>(promises: Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
