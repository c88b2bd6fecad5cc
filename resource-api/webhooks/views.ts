/** Endpoints and deliveries as they are on the wire. */
import { z } from 'zod';
import type { DeliveryDetails, LoggedDelivery } from './delivery-log.js';
import type { WebhookEndpoint } from './endpoints.js';

export const endpointSchema = z.strictObject({
  id: z.string(),
  kind: z.enum(['endpoint', 'callback']),
  url: z.string().nullable(),
  events: z.array(z.string()).nullable(),
  description: z.string(),
  environment: z.enum(['live', 'test']),
  state: z.enum(['active', 'paused', 'disabled']),
  state_reason: z.enum(['owner', 'failing', 'gone']).nullable(),
  previous_secret_until: z.iso.datetime().nullable(),
  created_at: z.iso.datetime(),
});

/** An endpoint as it was just created: with its secret. */
export const newEndpointSchema = endpointSchema.extend({ secret: z.string() });

export const deliverySchema = z.strictObject({
  id: z.string(),
  endpoint_id: z.string(),
  event_id: z.string(),
  type: z.string(),
  state: z.enum(['pending', 'delivered', 'failed']),
  attempts: z.int(),
  next_attempt_at: z.iso.datetime().nullable(),
  created_at: z.iso.datetime(),
  finished_at: z.iso.datetime().nullable(),
});

const headers = z.record(z.string(), z.string());

export const deliveryDetailsSchema = deliverySchema.extend({
  body: z.string(),
  log: z.array(
    z.strictObject({
      at: z.iso.datetime(),
      url: z.string(),
      duration_ms: z.int(),
      request_headers: headers,
      status: z.int().nullable(),
      answer_headers: headers.nullable(),
      answer_body: z.string().nullable(),
      problem: z.string().nullable(),
    }),
  ),
});

export const endpointView = (endpoint: WebhookEndpoint): z.input<typeof endpointSchema> => ({
  id: endpoint.id,
  kind: endpoint.kind,
  url: endpoint.url,
  events: endpoint.events,
  description: endpoint.description,
  environment: endpoint.environment,
  state: endpoint.state,
  state_reason: endpoint.stateReason,
  previous_secret_until: endpoint.previousSecretUntil?.toISOString() ?? null,
  created_at: endpoint.createdAt.toISOString(),
});

export const deliveryView = (delivery: LoggedDelivery): z.input<typeof deliverySchema> => ({
  id: delivery.id,
  endpoint_id: delivery.endpointId,
  event_id: delivery.eventId,
  type: delivery.type,
  state: delivery.state,
  attempts: delivery.attempts,
  next_attempt_at: delivery.nextAttemptAt?.toISOString() ?? null,
  created_at: delivery.createdAt.toISOString(),
  finished_at: delivery.finishedAt?.toISOString() ?? null,
});

export const deliveryDetailsView = (delivery: DeliveryDetails): z.input<typeof deliveryDetailsSchema> => ({
  ...deliveryView(delivery),
  body: delivery.body,
  log: delivery.log.map((attempt) => ({
    at: attempt.at.toISOString(),
    url: attempt.url,
    duration_ms: attempt.durationMs,
    request_headers: attempt.requestHeaders,
    status: attempt.status,
    answer_headers: attempt.answerHeaders,
    answer_body: attempt.answerBody,
    problem: attempt.problem,
  })),
});
