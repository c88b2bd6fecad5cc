/**
 * Events for webhooks, written in the transaction that causes them: an event exists exactly if what it tells did
 * happen. Its id is made here, once, and is the `webhook-id` of every attempt at every receiver from then on, so
 * that no crash can make two ids of one event.
 *
 * Deliveries with the same `orderKey` (a task's id) to the same receiver go one after the other in the order in
 * which they were emitted. That order is a sequence's, so whoever emits events of one task must hold a lock on it,
 * as every change of a task's state does.
 */
import { createHash } from 'node:crypto';
import { sqlFromNow, sqlNow } from '../clock.js';
import type { KeyEnvironment } from '../crypto/key-format.js';
import { newId } from '../ids.js';
import { enqueueJob } from '../jobs/queue.js';
import { inTransaction, type Services } from '../services.js';
import { newWebhookSecret, sealWebhookSecret } from './secrets.js';

export interface NewWebhookEvent {
  accountId: string;
  product: string;
  /** Endpoints hear of one environment; `live` without it. */
  environment?: KeyEnvironment;
  /** Words with dots, such as `task.completed`. */
  type: string;
  data: Record<string, unknown>;
  /** What must stay in order, such as a task's id. */
  orderKey?: string;
  /** An address that was given with this one task, beside the account's endpoints. */
  url?: string;
  /** The whole body for `url` where the product documents another than `{type, timestamp, data}`. */
  urlBody?: Record<string, unknown>;
}

interface Target {
  endpointId: string;
  laneId: string;
  active: boolean;
  /** For an address of a single task; an endpoint's own is read when it is called. */
  callback?: { url: string; body: string | null };
}

/** How long a delivery is tried. */
export const deliveryWindowSeconds = 72 * 3600;

const maxDataBytes = 250_000;

/** Writes an event and its deliveries. Returns its id, or undefined when nobody wants to hear of it. */
export async function emitEvent(services: Services, event: NewWebhookEvent): Promise<string | undefined> {
  return inTransaction(services, async (tx) => {
    const targets = await findTargets(tx, event);
    if (targets.length === 0) return undefined;
    const { eventId } = await writeEvent(tx, event, targets);
    return eventId;
  });
}

/** Sends one endpoint an event that nothing has caused, whatever events it asked for. Returns the delivery's id. */
export async function emitTestEvent(
  services: Services,
  endpoint: { id: string; accountId: string; product: string },
): Promise<string> {
  return inTransaction(services, async (tx) => {
    const event = { ...endpoint, type: 'webhook.test', data: { endpoint_id: endpoint.id } };
    const target = { endpointId: endpoint.id, laneId: laneOf(endpoint.id), active: true };
    const { deliveryIds } = await writeEvent(tx, event, [target]);
    return deliveryIds.join();
  });
}

async function writeEvent(
  tx: Services,
  event: NewWebhookEvent,
  targets: Target[],
): Promise<{ eventId: string; deliveryIds: string[] }> {
  const id = `evt_${newId()}`;
  await tx.db('webhook_events').insert({
    id,
    account_id: event.accountId,
    product: event.product,
    type: event.type,
    body: bodyOf(event.type, tx.clock.now(), event.data),
    created_at: sqlNow(tx),
  });
  return { eventId: id, deliveryIds: await insertDeliveries(tx, id, targets, event.orderKey) };
}

async function insertDeliveries(
  tx: Services,
  eventId: string,
  targets: Target[],
  orderKey: string | undefined,
): Promise<string[]> {
  const rows = targets.map(({ endpointId, laneId, callback }) => ({
    id: `dlv_${newId()}`,
    event_id: eventId,
    endpoint_id: endpointId,
    lane_id: laneId,
    url: callback?.url ?? null,
    body: callback?.body ?? null,
    order_key: orderKey ?? null,
    next_attempt_at: sqlNow(tx),
    give_up_at: sqlFromNow(tx, deliveryWindowSeconds),
    created_at: sqlNow(tx),
  }));
  await tx.db('webhook_deliveries').insert(rows);
  for (const { laneId, active } of targets) {
    if (active) await enqueueJob(tx, 'webhooks.deliver', { laneId });
  }
  return rows.map((row) => row.id);
}

/**
 * The account's endpoints that want this event, and the task's own URL unless it is one of theirs. None for an agent
 * that waits to be claimed: its URLs may be those of somebody who does not own its mailbox.
 */
async function findTargets(tx: Services, event: NewWebhookEvent): Promise<Target[]> {
  const { accountId, product, environment = 'live', type, url, urlBody } = event;
  if (await areCallbacksOff(tx, accountId)) return [];
  const endpoints = await tx
    .db('webhook_endpoints')
    .where({ account_id: accountId, product, environment, kind: 'endpoint' })
    .whereNot('state', 'disabled')
    .where((query) => query.whereNull('events').orWhereRaw('? = any(events)', [type]))
    .orderBy('id')
    .select('id', 'url', 'state');
  const targets: Target[] = endpoints.map(({ id, state }) => ({
    endpointId: id,
    laneId: laneOf(id),
    active: state === 'active',
  }));
  if (url === undefined || (urlBody === undefined && endpoints.some((endpoint) => endpoint.url === url))) {
    return targets;
  }
  const { id, state } = await getCallbackEndpoint(tx, { accountId, product, environment });
  const callback = { url, body: urlBody ? JSON.stringify(fitting(urlBody)) : null };
  const active = state === 'active';
  return [...targets, { endpointId: id, laneId: laneOf(id, url), active, callback }];
}

/** Whether the account is an agent whose mailbox somebody proved and that they have not claimed. */
async function areCallbacksOff(tx: Services, accountId: string): Promise<boolean> {
  const agent = await tx
    .db('agents')
    .where({ id: accountId })
    .whereNotNull('mailbox_proven_at')
    .whereNull('claimed_at')
    .first('id');
  return agent !== undefined;
}

/** The endpoint whose secret signs what goes to addresses of single tasks; made when it is first asked for. */
export async function getCallbackEndpoint(
  tx: Services,
  owner: { accountId: string; product: string; environment: KeyEnvironment },
): Promise<{ id: string; state: string }> {
  const row = {
    account_id: owner.accountId,
    product: owner.product,
    environment: owner.environment,
    kind: 'callback',
  };
  const find = () => tx.db('webhook_endpoints').where(row).first('id', 'state');
  const known = await find();
  if (known) return known;
  const id = `we_${newId()}`;
  await tx
    .db('webhook_endpoints')
    .insert({
      ...row,
      id,
      sealed_secret: sealWebhookSecret(tx.config, id, newWebhookSecret()),
      created_at: sqlNow(tx),
    })
    .onConflict()
    .ignore();
  return find();
}

/** The lane to an endpoint, or to one host of an account's callback addresses. */
export function laneOf(endpointId: string, url?: string): string {
  const receiver = url === undefined ? endpointId : `${endpointId} ${new URL(url).origin}`;
  return `ln_${createHash('sha256').update(receiver).digest('hex').slice(0, 24)}`;
}

function bodyOf(type: string, at: Date, data: Record<string, unknown>): string {
  return JSON.stringify({ type, timestamp: at.toISOString(), data: fitting(data) });
}

/** What is too large for a message goes without its large members: the receiver has the ids and can ask. */
function fitting(data: Record<string, unknown>): Record<string, unknown> {
  if (Buffer.byteLength(JSON.stringify(data)) <= maxDataBytes) return data;
  const small = Object.entries(data).filter(([, value]) => (JSON.stringify(value) ?? '').length <= 1_000);
  return { ...Object.fromEntries(small), truncated: true };
}
