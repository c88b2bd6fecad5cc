/**
 * One-time codes of their own for each requester, so that somebody else's request voids no code. They are in a new
 * table, because the previous version needs one row per purpose and email in the old one and goes on using it. Who
 * used a link or a code is kept for a repetition within a moment.
 */
import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table email_codes (
      id text primary key,
      purpose text not null,
      email text not null,
      requester_hash bytea not null,
      code_hash bytea not null,
      tries integer not null default 0,
      tries_by_sender jsonb not null default '{}',
      created_at timestamptz not null,
      expires_at timestamptz not null,
      used_at timestamptz,
      used_by bytea,
      unique (purpose, email, requester_hash)
    );
    create index email_codes_expiry_idx on email_codes (expires_at);

    alter table one_time_codes drop column requester_hash, drop column used_by, drop column token_id;
    alter table email_links add column used_by bytea;
  `);
}

export async function down(db: Knex): Promise<void> {
  await db.raw(`
    alter table email_links drop column used_by;
    alter table one_time_codes
      add column requester_hash bytea, add column used_by text, add column token_id text;
    drop table email_codes;
  `);
}
