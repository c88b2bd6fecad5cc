/** Endpoints and deliveries as they are on the wire. */
import type { DeliveryDetails, LoggedDelivery } from './delivery-log.js';
import type { WebhookEndpoint } from './endpoints.js';

export const endpointView = (endpoint: WebhookEndpoint) => ({
  id: endpoint.id,
  kind: endpoint.kind,
  url: endpoint.url,
  events: endpoint.events,
  description: endpoint.description,
  environment: endpoint.environment,
  state: endpoint.state,
  state_reason: endpoint.stateReason,
  previous_secret_until: endpoint.previousSecretUntil,
  created_at: endpoint.createdAt,
});

export const deliveryView = (delivery: LoggedDelivery) => ({
  id: delivery.id,
  endpoint_id: delivery.endpointId,
  event_id: delivery.eventId,
  type: delivery.type,
  state: delivery.state,
  attempts: delivery.attempts,
  next_attempt_at: delivery.nextAttemptAt ?? null,
  created_at: delivery.createdAt,
  finished_at: delivery.finishedAt,
});

export const deliveryDetailsView = (delivery: DeliveryDetails) => ({
  ...deliveryView(delivery),
  body: delivery.body,
  log: delivery.log.map((attempt) => ({
    at: attempt.at,
    url: attempt.url,
    duration_ms: attempt.durationMs,
    request_headers: attempt.requestHeaders,
    status: attempt.status,
    answer_headers: attempt.answerHeaders,
    answer_body: attempt.answerBody,
    problem: attempt.problem,
  })),
});
