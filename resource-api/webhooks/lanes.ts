/**
 * Who may serve a receiver, and when. A lane is held by one runner at a time; the hold ends by itself a minute after
 * the runner's last sign of life. Whoever finds a lane held leaves it: the holder looks once more for work under the
 * row's lock before it lets go, and a newcomer takes that same lock to look at the hold, so no wake-up is lost.
 */
import type { Knex } from 'knex';
import { sqlFromNow, sqlNow } from '../../shared/clock.js';
import { enqueueJob } from '../../shared/jobs/queue.js';
import { inTransaction, type Services } from '../../shared/services.js';
import type { Message, Signer } from './attempt.js';

export interface Lane {
  id: string;
  runner: string;
  /** Rounds without a success since the last one with. */
  failures: number;
}

export interface Delivery extends Message {
  id: string;
  attempts: number;
}

export interface LaneEndpoint extends Signer {
  accountId: string;
  kind: 'endpoint' | 'callback';
  url: string | null;
  state: 'active' | 'paused' | 'disabled';
}

/** When a hold ends that is taken or renewed now; longer than any round takes. */
export const holdEnd = (services: Services): Knex.Raw => sqlFromNow(services, 60);

/** The job that wakes a lane at the time of its next attempt; one at most. */
const wakeKey = (laneId: string): string => `webhooks.lane:${laneId}`;

/** Takes a lane that has something to deliver; undefined when there is nothing, or another holds it, or it rests. */
export async function holdLane(
  services: Services,
  laneId: string,
  runner: string,
): Promise<Lane | undefined> {
  const { db } = services;
  const now = sqlNow(services);
  const until = holdEnd(services);
  const free = db.raw(
    '(coalesce(lane.held_until <= :now, true) and coalesce(lane.resume_at <= :now, true))',
    { now },
  );
  const { rows } = await db.raw(
    `insert into webhook_lanes as lane (id, endpoint_id, runner, held_until)
     select lane_id, endpoint_id, :runner, :until from webhook_deliveries
     where lane_id = :laneId and state = 'pending' limit 1
     on conflict (id) do update set
       runner = case when :free then excluded.runner else lane.runner end,
       held_until = case when :free then excluded.held_until else lane.held_until end
     returning id, runner, failures`,
    { laneId, runner, until, free },
  );
  const [lane] = rows;
  return lane?.runner === runner ? lane : undefined;
}

/** Keeps the hold for another minute; false when it was lost. */
export async function renewHold(services: Services, lane: Lane): Promise<boolean> {
  const renewed = await services
    .db('webhook_lanes')
    .where({ id: lane.id, runner: lane.runner })
    .update({ held_until: holdEnd(services) });
  return renewed === 1;
}

export async function getLaneEndpoint(services: Services, lane: Lane): Promise<LaneEndpoint> {
  const { db } = services;
  return db('webhook_endpoints as e')
    .join('webhook_lanes as l', 'l.endpoint_id', 'e.id')
    .where('l.id', lane.id)
    .first({
      id: 'e.id',
      accountId: 'e.account_id',
      kind: 'e.kind',
      url: 'e.url',
      state: 'e.state',
      sealedSecret: 'e.sealed_secret',
      sealedPreviousSecret: db.raw(
        'case when e.previous_secret_until > ? then e.sealed_previous_secret end',
        sqlNow(services),
      ),
    });
}

/** Pending deliveries that no earlier one of the same order key stands before. */
function nextInOrder(services: Services, laneId: string): Knex.QueryBuilder {
  return services
    .db('webhook_deliveries as d')
    .where({ 'd.lane_id': laneId, 'd.state': 'pending' })
    .whereRaw(
      `(d.order_key is null or not exists (
         select from webhook_deliveries p
         where p.lane_id = d.lane_id and p.order_key = d.order_key and p.state = 'pending' and p.seq < d.seq))`,
    );
}

/** What is to be sent now, the oldest first. */
export async function listDue(
  services: Services,
  lane: Lane,
  endpoint: LaneEndpoint,
  limit: number,
): Promise<Delivery[]> {
  return nextInOrder(services, lane.id)
    .join('webhook_events as e', 'e.id', 'd.event_id')
    .where('d.next_attempt_at', '<=', sqlNow(services))
    .orderBy('d.seq')
    .limit(limit)
    .select({
      id: 'd.id',
      attempts: 'd.attempts',
      eventId: 'e.id',
      url: services.db.raw('coalesce(d.url, ?)', [endpoint.url]),
      body: services.db.raw('coalesce(d.body, e.body)'),
    });
}

/**
 * Lets a lane go and has it woken when its next delivery is due. False, and the lane still held, when something is
 * due right now; `anyway` lets go even then.
 */
export async function releaseLane(services: Services, lane: Lane, anyway: boolean): Promise<boolean> {
  return inTransaction(services, async (tx) => {
    const held = await tx
      .db('webhook_lanes')
      .where({ id: lane.id, runner: lane.runner })
      .forUpdate()
      .first({ resting: tx.db.raw('coalesce(resume_at > ?, false)', sqlNow(tx)), resumeAt: 'resume_at' });
    if (!held) return true;
    const next = await nextInOrder(tx, lane.id)
      .join('webhook_endpoints as e', 'e.id', 'd.endpoint_id')
      .where('e.state', 'active')
      .orderBy('d.next_attempt_at')
      .first({ at: 'd.next_attempt_at', due: tx.db.raw('d.next_attempt_at <= ?', sqlNow(tx)) });
    if (next?.due && !held.resting && !anyway) return false;
    await tx.db('webhook_lanes').where({ id: lane.id }).update({ runner: null, held_until: null });
    if (!next) return true;
    const runAt = held.resting && held.resumeAt > next.at ? held.resumeAt : next.at;
    await wakeLane(tx, lane.id, next.due && !held.resting ? undefined : runAt);
    return true;
  });
}

/** Has a lane served at a time, or at once. */
export async function wakeLane(services: Services, laneId: string, runAt?: Date): Promise<void> {
  await enqueueJob(services, 'webhooks.deliver', { laneId }, { runAt, jobKey: wakeKey(laneId) });
}
