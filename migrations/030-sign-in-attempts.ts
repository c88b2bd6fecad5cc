/**
 * Networks from which an account was signed in to before, and the tries of each sender at a one-time code. The
 * columns have defaults: the previous version goes on counting in `tries` alone.
 */
import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table known_networks (
      fingerprint bytea primary key,
      user_id text not null,
      seen_at timestamptz not null
    );
    create index known_networks_user_idx on known_networks (user_id, seen_at desc);
    create index known_networks_seen_idx on known_networks (seen_at);

    alter table one_time_codes
      add column requester_hash bytea,
      add column tries_by_sender jsonb not null default '{}',
      add column used_by text,
      add column token_id text;
  `);
}

export async function down(db: Knex): Promise<void> {
  await db.raw(`
    drop table known_networks;
    alter table one_time_codes
      drop column requester_hash, drop column tries_by_sender, drop column used_by, drop column token_id;
  `);
}
