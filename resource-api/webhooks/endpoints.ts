/**
 * Endpoints: where an account wants to hear of events of one product and environment. They can be paused, which
 * keeps events for three days, and are deleted softly, because events that are being emitted may still refer to
 * them. The secret can be read again, as receivers are often set up later than senders.
 */
import { sqlFromNow, sqlNow } from '../../shared/clock.js';
import type { KeyEnvironment } from '../../shared/crypto/key-format.js';
import { DomainError } from '../../shared/errors.js';
import { requireConfirmed } from '../../shared/identity/people/confirmed-owner.js';
import { newId } from '../../shared/ids.js';
import { requireRoom } from '../../shared/postgres/row-limit.js';
import { inTransaction, type Services } from '../../shared/services.js';
import { parseWebhookUrl } from '../../shared/webhooks/addresses.js';
import { getCallbackEndpoint, laneOf } from '../../shared/webhooks/outbox.js';
import {
  newWebhookSecret,
  openWebhookSecret,
  parseWebhookSecret,
  sealWebhookSecret,
} from '../../shared/webhooks/secrets.js';
import { wakeLane } from './lanes.js';

/** Whose endpoints are meant. */
export interface EndpointOwner {
  accountId: string;
  product: string;
  environment: KeyEnvironment;
}

export interface WebhookEndpoint {
  id: string;
  accountId: string;
  product: string;
  environment: KeyEnvironment;
  /** `callback` stands for all addresses that were given with single tasks. */
  kind: 'endpoint' | 'callback';
  url: string | null;
  /** null for all. */
  events: string[] | null;
  description: string;
  state: 'active' | 'paused' | 'disabled';
  stateReason: 'owner' | 'failing' | 'gone' | null;
  /** The secret before the current one still signs too until then. */
  previousSecretUntil: Date | null;
  createdAt: Date;
}

export interface EndpointSettings {
  url?: string;
  events?: string[] | null;
  description?: string;
  state?: 'active' | 'paused';
}

export const endpointColumns = {
  id: 'id',
  accountId: 'account_id',
  product: 'product',
  environment: 'environment',
  kind: 'kind',
  url: 'url',
  events: 'events',
  description: 'description',
  state: 'state',
  stateReason: 'state_reason',
  previousSecretUntil: 'previous_secret_until',
  createdAt: 'created_at',
};

/** Of one account, over all products and environments. */
const maximumEndpoints = 100;
const defaultGraceSeconds = 86_400;

/** Throws `validation`, `email_not_verified`, and `conflict` when the account has 100 endpoints already. */
export async function createEndpoint(
  services: Services,
  owner: EndpointOwner,
  input: EndpointSettings & { url: string; secret?: string },
): Promise<WebhookEndpoint> {
  const id = `we_${newId()}`;
  const secret = input.secret === undefined ? newWebhookSecret() : parseWebhookSecret(input.secret);
  return inTransaction(services, async (tx) => {
    await requireConfirmedAccount(tx, owner);
    const { accountId } = owner;
    const rows = tx
      .db('webhook_endpoints')
      .where({ account_id: accountId, kind: 'endpoint' })
      .whereNull('deleted_at');
    await requireRoom(tx, { kind: 'webhook endpoints', accountId, rows, maximum: maximumEndpoints });
    await tx.db('webhook_endpoints').insert({
      ...columnsOf(tx, input),
      id,
      account_id: owner.accountId,
      product: owner.product,
      environment: owner.environment,
      kind: 'endpoint',
      sealed_secret: sealWebhookSecret(tx.config, id, secret),
      created_at: sqlNow(tx),
    });
    return getEndpoint(tx, owner, id);
  });
}

/**
 * A person who has not confirmed their email makes no endpoints, unless an operator gave them a key here. Agents have
 * endpoints from their registration on.
 */
async function requireConfirmedAccount(tx: Services, owner: EndpointOwner): Promise<void> {
  const { accountId, product, environment } = owner;
  const user = await tx.db('users').where({ id: accountId }).first('email_verified_at as verifiedAt');
  if (!user || user.verifiedAt !== null) return;
  const vouched = { account_id: accountId, product, environment, vouched: true };
  if (!(await tx.db('api_keys').where(vouched).first('id'))) requireConfirmed(user.verifiedAt);
}

/** The oldest first, the one for callback addresses before all; that is made here if there is none yet. */
export async function listEndpoints(services: Services, owner: EndpointOwner): Promise<WebhookEndpoint[]> {
  await getCallbackEndpoint(services, owner);
  return ownEndpoints(services, owner).select(endpointColumns).orderBy(['kind', 'id']);
}

/** Throws `not_found`. */
export async function getEndpoint(
  services: Services,
  owner: EndpointOwner,
  id: string,
): Promise<WebhookEndpoint> {
  const endpoint = await ownEndpoints(services, owner).where({ id }).first(endpointColumns);
  if (!endpoint) throw new DomainError('not_found', { subject: 'webhook endpoint' });
  return endpoint;
}

/** Without settings nothing changes. Setting the state to active wakes what was kept. Throws `not_found` and `validation`. */
export async function updateEndpoint(
  services: Services,
  owner: EndpointOwner,
  id: string,
  settings: EndpointSettings,
): Promise<WebhookEndpoint> {
  return inTransaction(services, async (tx) => {
    const endpoint = await getEndpoint(tx, owner, id);
    if (endpoint.kind === 'callback' && (settings.url !== undefined || settings.events)) {
      throw new DomainError('validation', {
        field: 'url',
        message: 'callback addresses come with each task',
      });
    }
    const columns = columnsOf(tx, settings);
    if (Object.keys(columns).length > 0) await tx.db('webhook_endpoints').where({ id }).update(columns);
    if (settings.state === 'active' && endpoint.state !== 'active') await restart(tx, id);
    return getEndpoint(tx, owner, id);
  });
}

/** Deletes an endpoint and gives up what waits for it. Throws `not_found`. */
export async function deleteEndpoint(services: Services, owner: EndpointOwner, id: string): Promise<void> {
  await inTransaction(services, async (tx) => {
    const endpoint = await getEndpoint(tx, owner, id);
    if (endpoint.kind === 'callback') throw new DomainError('conflict', { message: 'It cannot be deleted' });
    await tx
      .db('webhook_endpoints')
      .where({ id })
      .update({ state: 'disabled', state_reason: 'owner', deleted_at: sqlNow(tx) });
    await tx
      .db('webhook_deliveries')
      .where({ endpoint_id: id, state: 'pending' })
      .update({ state: 'failed', finished_at: sqlNow(tx) });
  });
}

/** The secret that signs, as the receiver needs it. Throws `not_found`. */
export async function revealSecret(services: Services, owner: EndpointOwner, id: string): Promise<string> {
  await getEndpoint(services, owner, id);
  const { sealed_secret: sealed } = await services
    .db('webhook_endpoints')
    .where({ id })
    .first('sealed_secret');
  return openWebhookSecret(services.config, id, sealed);
}

/** A new secret at once; the old one signs too until the grace ends (a day without saying). Throws `not_found`. */
export async function rotateSecret(
  services: Services,
  owner: EndpointOwner,
  id: string,
  graceSeconds = defaultGraceSeconds,
): Promise<string> {
  await getEndpoint(services, owner, id);
  const secret = newWebhookSecret();
  await services
    .db('webhook_endpoints')
    .where({ id })
    .update({
      sealed_previous_secret: services.db.ref('sealed_secret'),
      previous_secret_until: sqlFromNow(services, graceSeconds),
      sealed_secret: sealWebhookSecret(services.config, id, secret),
    });
  return secret;
}

function ownEndpoints({ db }: Services, { accountId, product, environment }: EndpointOwner) {
  return db('webhook_endpoints')
    .where({ account_id: accountId, product, environment })
    .whereNull('deleted_at');
}

function columnsOf({ config }: Services, { url, events, description, state }: EndpointSettings) {
  return {
    ...(url !== undefined && { url: parseWebhookUrl(config, url) }),
    ...(events !== undefined && { events }),
    ...(description !== undefined && { description }),
    ...(state !== undefined && { state, state_reason: state === 'paused' ? 'owner' : null }),
  };
}

/** Forgets how it failed before, and delivers what is still kept. */
async function restart(tx: Services, endpointId: string): Promise<void> {
  await tx
    .db('webhook_lanes')
    .where({ endpoint_id: endpointId })
    .update({ failures: 0, failing_since: null, resume_at: null });
  const pending = tx.db('webhook_deliveries').where({ endpoint_id: endpointId, state: 'pending' });
  await pending.clone().update({ next_attempt_at: sqlNow(tx) });
  const lanes: string[] = await pending.distinct().pluck('lane_id');
  for (const laneId of new Set([laneOf(endpointId), ...lanes])) await wakeLane(tx, laneId);
}
