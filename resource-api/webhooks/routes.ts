/**
 * Managing webhooks, the same for every product that has them; each puts the routes under its own path and the
 * responses into its own envelope. An API key sees what belongs to its account, product and environment.
 */
import { z } from 'zod';
import type { ErrorCode } from '../../shared/errors.js';
import type { ApiKeyCaller } from '../routing/caller.js';
import { reply } from '../routing/reply.js';
import { apiKey, type Call, get, patch, post, type Route, remove } from '../routing/route.js';
import { getDelivery, listDeliveries, replayDelivery, replayFailed, testEndpoint } from './delivery-log.js';
import {
  createEndpoint,
  deleteEndpoint,
  type EndpointOwner,
  getEndpoint,
  listEndpoints,
  revealSecret,
  rotateSecret,
  updateEndpoint,
} from './endpoints.js';
import { endpointChanges, logQuery, newEndpoint, replay, rotation } from './schemas.js';
import {
  deliveryDetailsSchema,
  deliveryDetailsView,
  deliverySchema,
  deliveryView,
  endpointSchema,
  endpointView,
  newEndpointSchema,
} from './views.js';

export interface WebhookRouteOptions {
  /** What stands before `/webhooks` in the product's paths. */
  prefix: string;
  /** What a key that is narrowed must be allowed. */
  permission?: string;
  /** Puts a response into the product's success envelope. */
  wrap?: (message: string, data: Record<string, unknown>) => unknown;
  /** What `wrap` returns, by the schemas of the data. */
  wrapSchema?: (data: z.ZodRawShape) => z.ZodType;
}

const dayMs = 86_400_000;

const ownerOf = ({ caller, product }: Pick<Call<ApiKeyCaller>, 'caller' | 'product'>): EndpointOwner => ({
  accountId: caller.accountId,
  product: product.id,
  environment: caller.environment,
});

/** All webhook routes of a product. */
export function webhookRoutes({
  prefix,
  permission,
  wrap = (_, data) => data,
  wrapSchema = (data) => z.strictObject(data),
}: WebhookRouteOptions): Route[] {
  const access = { by: [apiKey()] as const, permission };
  const one = `${prefix}/webhooks/:id` as const;
  const refer = (
    summary: string,
    status: number,
    data: z.ZodRawShape,
    errors: readonly ErrorCode[] = [],
  ) => ({
    reference: { summary, responses: { [status]: wrapSchema(data) }, errors },
  });

  return [
    get(
      `${prefix}/webhooks`,
      { ...access, ...refer('List webhook endpoints.', 200, { webhooks: z.array(endpointSchema) }) },
      async (call) => {
        const endpoints = await listEndpoints(call.services, ownerOf(call));
        return wrap('Webhooks retrieved successfully', { webhooks: endpoints.map(endpointView) });
      },
    ),

    post(
      `${prefix}/webhooks`,
      {
        ...access,
        body: newEndpoint,
        idempotent: true,
        ...refer('Create a webhook endpoint.', 201, { webhook: newEndpointSchema }, [
          'conflict',
          'email_not_verified',
        ]),
      },
      async (call) => {
        const { services, body } = call;
        const endpoint = await createEndpoint(services, ownerOf(call), body);
        const secret = await revealSecret(services, ownerOf(call), endpoint.id);
        return reply(
          201,
          wrap('Webhook created successfully', { webhook: { ...endpointView(endpoint), secret } }),
        );
      },
    ),

    get(
      one,
      { ...access, ...refer('Get a webhook endpoint.', 200, { webhook: endpointSchema }) },
      async (call) => {
        const endpoint = await getEndpoint(call.services, ownerOf(call), call.params.id);
        return wrap('Webhook retrieved successfully', { webhook: endpointView(endpoint) });
      },
    ),

    patch(
      one,
      {
        ...access,
        body: endpointChanges,
        ...refer('Change the given fields of a webhook endpoint.', 200, { webhook: endpointSchema }),
      },
      async (call) => {
        const endpoint = await updateEndpoint(call.services, ownerOf(call), call.params.id, call.body);
        return wrap('Webhook updated successfully', { webhook: endpointView(endpoint) });
      },
    ),

    remove(
      one,
      {
        ...access,
        ...refer('Delete a webhook endpoint.', 200, { id: z.string(), deleted: z.literal(true) }, [
          'conflict',
        ]),
      },
      async (call) => {
        await deleteEndpoint(call.services, ownerOf(call), call.params.id);
        return wrap('Webhook deleted successfully', { id: call.params.id, deleted: true });
      },
    ),

    get(
      `${one}/secret`,
      {
        ...access,
        ...refer('Get the secret that signs the deliveries of an endpoint.', 200, { secret: z.string() }),
      },
      async (call) => {
        const secret = await revealSecret(call.services, ownerOf(call), call.params.id);
        return wrap('Webhook secret retrieved successfully', { secret });
      },
    ),

    post(
      `${one}/rotate-secret`,
      {
        ...access,
        body: rotation,
        ...refer('Replace the secret that signs the deliveries of an endpoint.', 200, { secret: z.string() }),
      },
      async (call) => {
        const { grace_seconds: graceSeconds } = call.body;
        const secret = await rotateSecret(call.services, ownerOf(call), call.params.id, graceSeconds);
        return wrap('Webhook secret rotated successfully', { secret });
      },
    ),

    post(
      `${one}/test`,
      {
        ...access,
        ...refer('Send a test event to an endpoint.', 202, { delivery_id: z.string() }, ['conflict']),
      },
      async (call) => {
        const id = await testEndpoint(call.services, ownerOf(call), call.params.id);
        return reply(202, wrap('Webhook test queued', { delivery_id: id }));
      },
    ),

    post(
      `${one}/replay`,
      {
        ...access,
        body: replay,
        ...refer('Send all failed deliveries of an endpoint again.', 202, { replayed: z.int() }, [
          'conflict',
        ]),
      },
      async (call) => {
        const { services, body, params } = call;
        const since = body.since ?? new Date(services.clock.ms() - 3 * dayMs);
        const replayed = await replayFailed(services, ownerOf(call), params.id, since);
        return reply(202, wrap('Webhook replay queued', { replayed }));
      },
    ),

    get(
      `${prefix}/webhook-deliveries`,
      {
        ...access,
        query: logQuery,
        ...refer('List webhook deliveries, the newest first.', 200, { deliveries: z.array(deliverySchema) }),
      },
      async (call) => {
        const { endpoint_id: endpointId, ...filter } = call.query;
        const deliveries = await listDeliveries(call.services, ownerOf(call), { ...filter, endpointId });
        return wrap('Webhook deliveries retrieved successfully', {
          deliveries: deliveries.map(deliveryView),
        });
      },
    ),

    get(
      `${prefix}/webhook-deliveries/:id`,
      {
        ...access,
        ...refer('Get a webhook delivery with the log of its attempts.', 200, {
          delivery: deliveryDetailsSchema,
        }),
      },
      async (call) => {
        const delivery = await getDelivery(call.services, ownerOf(call), call.params.id);
        return wrap('Webhook delivery retrieved successfully', { delivery: deliveryDetailsView(delivery) });
      },
    ),

    post(
      `${prefix}/webhook-deliveries/:id/replay`,
      {
        ...access,
        ...refer('Send a webhook delivery again.', 202, { replayed: z.literal(1) }, ['conflict']),
      },
      async (call) => {
        await replayDelivery(call.services, ownerOf(call), call.params.id);
        return reply(202, wrap('Webhook replay queued', { replayed: 1 }));
      },
    ),
  ];
}
