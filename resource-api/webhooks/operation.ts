/** What an operator sees and does across accounts. */

import { DomainError } from '../../shared/errors.js';
import { findAccountsByEmail } from '../../shared/identity/people/contacts.js';
import type { Services } from '../../shared/services.js';
import { laneOf } from '../../shared/webhooks/outbox.js';
import { deliverNow } from './delivery-job.js';
import { type DeliveryDetails, getDelivery, testEndpoint } from './delivery-log.js';
import { type EndpointOwner, endpointColumns, type WebhookEndpoint } from './endpoints.js';

export interface EndpointStatus extends WebhookEndpoint {
  /** Deliveries of the last month by state. */
  pending: number;
  delivered: number;
  failed: number;
}

/** Endpoints that are not deleted; those of one email (or account id) or product alone with a filter. */
export async function listAllEndpoints(
  services: Services,
  filter: { email?: string; product?: string },
): Promise<EndpointStatus[]> {
  const { db } = services;
  const query = db('webhook_endpoints').whereNull('deleted_at').orderBy(['account_id', 'product', 'id']);
  if (filter.email !== undefined) {
    query.whereIn('account_id', await findAccountsByEmail(services, filter.email));
  }
  if (filter.product !== undefined) query.where({ product: filter.product });
  const countOf = (state: string) =>
    db('webhook_deliveries as d').where({ state }).whereRaw('d.endpoint_id = webhook_endpoints.id').count();
  return query.select({
    ...endpointColumns,
    pending: countOf('pending'),
    delivered: countOf('delivered'),
    failed: countOf('failed'),
  });
}

/** Whose endpoint or delivery this is. Throws `not_found`. */
export async function getOwner({ db }: Services, id: string): Promise<EndpointOwner> {
  const owner = await db('webhook_endpoints')
    .where((query) =>
      query.where({ id }).orWhereIn('id', db('webhook_deliveries').where({ id }).select('endpoint_id')),
    )
    .first({ accountId: 'account_id', product: 'product', environment: 'environment' });
  if (!owner) throw new DomainError('not_found', { subject: 'webhook', message: `There is no ${id}` });
  return owner;
}

/** Sends an endpoint a test and serves it in this very process, unless another is just doing so. Throws as `testEndpoint`. */
export async function testEndpointNow(services: Services, endpointId: string): Promise<DeliveryDetails> {
  const owner = await getOwner(services, endpointId);
  const deliveryId = await testEndpoint(services, owner, endpointId);
  await deliverNow(services, laneOf(endpointId));
  return getDelivery(services, owner, deliveryId);
}
