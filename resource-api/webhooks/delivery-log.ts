/** The delivery log: what was sent to whom, what came back and how long it took; and sending something once more. */
import type { Knex } from 'knex';
import { sqlFromNow, sqlNow } from '../../shared/clock.js';
import { DomainError } from '../../shared/errors.js';
import { inTransaction, type Services } from '../../shared/services.js';
import { deliveryWindowSeconds, emitTestEvent } from '../../shared/webhooks/outbox.js';
import { type EndpointOwner, getEndpoint, type WebhookEndpoint } from './endpoints.js';
import { wakeLane } from './lanes.js';

export interface LoggedDelivery {
  id: string;
  endpointId: string;
  eventId: string;
  type: string;
  state: 'pending' | 'delivered' | 'failed';
  attempts: number;
  /** undefined when no further attempt follows. */
  nextAttemptAt: Date | undefined;
  createdAt: Date;
  finishedAt: Date | null;
}

export interface LoggedAttempt {
  at: Date;
  url: string;
  durationMs: number;
  requestHeaders: Record<string, string>;
  status: number | null;
  answerHeaders: Record<string, string> | null;
  /** The first 1,000 bytes. */
  answerBody: string | null;
  problem: string | null;
}

export interface DeliveryDetails extends LoggedDelivery {
  body: string;
  log: LoggedAttempt[];
}

export interface DeliveryFilter {
  endpointId?: string;
  state?: LoggedDelivery['state'];
  /** Id of a delivery; older ones follow. */
  before?: string;
  limit?: number;
}

const columns = {
  id: 'd.id',
  endpointId: 'd.endpoint_id',
  eventId: 'd.event_id',
  type: 'e.type',
  state: 'd.state',
  attempts: 'd.attempts',
  nextAttemptAt: 'd.next_attempt_at',
  createdAt: 'd.created_at',
  finishedAt: 'd.finished_at',
};

/** The newest first; 50 at a time without `limit`. */
export async function listDeliveries(
  services: Services,
  owner: EndpointOwner,
  { endpointId, state, before, limit = 50 }: DeliveryFilter = {},
): Promise<LoggedDelivery[]> {
  const query = ownDeliveries(services, owner).orderBy('d.seq', 'desc').limit(limit).select(columns);
  if (endpointId !== undefined) query.where('d.endpoint_id', endpointId);
  if (state !== undefined) query.where('d.state', state);
  if (before !== undefined) {
    query.where('d.seq', '<', services.db('webhook_deliveries').where({ id: before }).select('seq'));
  }
  return (await query).map(fromRow);
}

/** One delivery with what was sent and every attempt, the first first. Throws `not_found`. */
export async function getDelivery(
  services: Services,
  owner: EndpointOwner,
  id: string,
): Promise<DeliveryDetails> {
  const row = await ownDeliveries(services, owner)
    .where('d.id', id)
    .first({ ...columns, body: services.db.raw('coalesce(d.body, e.body)') });
  if (!row) throw new DomainError('not_found', { subject: 'webhook delivery' });
  const log = await services.db('webhook_attempts').where({ delivery_id: id }).orderBy('id').select({
    at: 'at',
    url: 'url',
    durationMs: 'duration_ms',
    requestHeaders: 'request_headers',
    status: 'status',
    answerHeaders: 'answer_headers',
    answerBody: 'answer_body',
    problem: 'problem',
  });
  return { ...fromRow(row), body: row.body, log };
}

/**
 * Sends one event once more, whatever came of it before, under the same event id. Throws `not_found`, and
 * `conflict` when the endpoint is not active.
 */
export async function replayDelivery(services: Services, owner: EndpointOwner, id: string): Promise<void> {
  const { endpointId } = await getDelivery(services, owner, id);
  await inTransaction(services, async (tx) => {
    await requireActive(tx, owner, endpointId);
    await sendAgain(tx, tx.db('webhook_deliveries').where({ id }));
  });
}

/** Sends an endpoint everything once more that failed since a time; returns how many. Throws as `replayDelivery`. */
export async function replayFailed(
  services: Services,
  owner: EndpointOwner,
  endpointId: string,
  since: Date,
): Promise<number> {
  return inTransaction(services, async (tx) => {
    await requireActive(tx, owner, endpointId);
    return sendAgain(
      tx,
      tx
        .db('webhook_deliveries')
        .where({ endpoint_id: endpointId, state: 'failed' })
        .where('created_at', '>=', since),
    );
  });
}

/** Sends an endpoint an event that nothing has caused; returns the delivery's id. Throws as `replayDelivery`. */
export async function testEndpoint(services: Services, owner: EndpointOwner, id: string): Promise<string> {
  return inTransaction(services, async (tx) => {
    const endpoint = await requireActive(tx, owner, id);
    if (endpoint.kind === 'endpoint') return emitTestEvent(tx, endpoint);
    throw new DomainError('conflict', { message: 'Callback addresses come with each task' });
  });
}

async function requireActive(tx: Services, owner: EndpointOwner, id: string): Promise<WebhookEndpoint> {
  const endpoint = await getEndpoint(tx, owner, id);
  if (endpoint.state === 'active') return endpoint;
  throw new DomainError('conflict', { message: `The endpoint is ${endpoint.state}; set it to active first` });
}

async function sendAgain(tx: Services, deliveries: Knex.QueryBuilder): Promise<number> {
  const lanes: { lane_id: string }[] = await deliveries.update(
    {
      state: 'pending',
      attempts: 0,
      next_attempt_at: sqlNow(tx),
      give_up_at: sqlFromNow(tx, deliveryWindowSeconds),
      finished_at: null,
    },
    ['lane_id'],
  );
  for (const laneId of new Set(lanes.map((lane) => lane.lane_id))) await wakeLane(tx, laneId);
  return lanes.length;
}

function ownDeliveries({ db }: Services, { accountId, product, environment }: EndpointOwner) {
  return db('webhook_deliveries as d')
    .join('webhook_events as e', 'e.id', 'd.event_id')
    .join('webhook_endpoints as w', 'w.id', 'd.endpoint_id')
    .where({ 'w.account_id': accountId, 'w.product': product, 'w.environment': environment });
}

function fromRow(row: LoggedDelivery): LoggedDelivery {
  return row.state === 'pending' ? row : { ...row, nextAttemptAt: undefined };
}
