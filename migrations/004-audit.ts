/**
 * The audit log: one row per security-relevant event, written in the transaction that causes it.
 */
import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table audit_events (
      id text primary key,
      account_id text,
      action text not null,
      actor_kind text not null,
      actor_id text not null,
      target_kind text,
      target_id text,
      credential_id text,
      request_id text,
      details jsonb not null default '{}',
      personal jsonb not null default '{}',
      at timestamptz not null default now()
    );
    create index audit_events_account_idx on audit_events (account_id, at);
  `);
}

export async function down(db: Knex): Promise<void> {
  await db.raw('drop table audit_events');
}
