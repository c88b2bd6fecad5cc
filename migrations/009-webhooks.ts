/**
 * Webhooks: endpoints, the outbox of events, one delivery for each event and receiver, and every attempt at it.
 *
 * A lane is the way to one receiver: one runner at a time serves it, however many processes there are, which keeps
 * the order and leaves a slow receiver nobody to delay but itself. An account has beside its endpoints at most one
 * row of kind `callback` for each product and environment, whose secret signs what goes to addresses that were
 * given with a single task; each host of those has a lane of its own. A lane's row comes with its first run.
 */
import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table webhook_endpoints (
      id text primary key,
      account_id text not null,
      product text not null,
      environment text not null check (environment in ('test', 'live')),
      kind text not null check (kind in ('endpoint', 'callback')),
      url text,
      events text[],
      description text not null default '',
      sealed_secret text not null,
      sealed_previous_secret text,
      previous_secret_until timestamptz,
      state text not null default 'active' check (state in ('active', 'paused', 'disabled')),
      state_reason text check (state_reason in ('owner', 'failing', 'gone')),
      created_at timestamptz not null default now(),
      deleted_at timestamptz,
      check ((kind = 'callback') = (url is null))
    );
    create index webhook_endpoints_account_idx on webhook_endpoints (account_id, product, id);
    create unique index webhook_endpoints_callback_idx
      on webhook_endpoints (account_id, product, environment) where kind = 'callback';

    create table webhook_events (
      id text primary key,
      account_id text not null,
      product text not null,
      type text not null,
      body text not null,
      created_at timestamptz not null default now()
    );
    create index webhook_events_created_idx on webhook_events (created_at);

    create table webhook_lanes (
      id text primary key,
      endpoint_id text not null references webhook_endpoints (id) on delete cascade,
      runner text,
      held_until timestamptz,
      resume_at timestamptz,
      failures integer not null default 0,
      failing_since timestamptz
    );
    create index webhook_lanes_endpoint_idx on webhook_lanes (endpoint_id);

    create table webhook_deliveries (
      id text primary key,
      seq bigint generated always as identity,
      event_id text not null references webhook_events (id) on delete cascade,
      endpoint_id text not null references webhook_endpoints (id) on delete cascade,
      lane_id text not null,
      url text,
      body text,
      order_key text,
      state text not null default 'pending' check (state in ('pending', 'delivered', 'failed')),
      attempts integer not null default 0,
      next_attempt_at timestamptz not null,
      give_up_at timestamptz not null,
      created_at timestamptz not null,
      finished_at timestamptz
    );
    create index webhook_deliveries_due_idx on webhook_deliveries (lane_id, seq) where state = 'pending';
    create index webhook_deliveries_order_idx on webhook_deliveries (lane_id, order_key, seq)
      where state = 'pending' and order_key is not null;
    create index webhook_deliveries_endpoint_idx on webhook_deliveries (endpoint_id, seq);
    create index webhook_deliveries_event_idx on webhook_deliveries (event_id);

    create table webhook_attempts (
      id bigint generated always as identity primary key,
      delivery_id text not null references webhook_deliveries (id) on delete cascade,
      at timestamptz not null,
      url text not null,
      duration_ms integer not null,
      request_headers jsonb not null,
      status integer,
      answer_headers jsonb,
      answer_body text,
      problem text
    );
    create index webhook_attempts_delivery_idx on webhook_attempts (delivery_id, id);
  `);
}

export async function down(db: Knex): Promise<void> {
  await db.raw(
    'drop table webhook_attempts, webhook_deliveries, webhook_lanes, webhook_events, webhook_endpoints',
  );
}
