/**
 * What people are sent and what they end: emailed links, one-time codes, and JWTs that were signed out. None of
 * these rows holds a value that could be used: tokens are hashed, codes are HMACs, a `jti` names a JWT and is none.
 *
 * A link's key is what it is for and whom, a code's what it is for and which address: so the newest is the only
 * one, whoever asked at the same moment.
 */
import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table email_links (
      purpose text not null,
      account_id text not null,
      token_hash bytea not null unique,
      email text not null,
      created_at timestamptz not null,
      expires_at timestamptz not null,
      used_at timestamptz,
      primary key (purpose, account_id)
    );
    create index email_links_expiry_idx on email_links (expires_at);

    create table one_time_codes (
      purpose text not null,
      email text not null,
      code_hash bytea not null,
      tries integer not null default 0,
      created_at timestamptz not null,
      expires_at timestamptz not null,
      used_at timestamptz,
      primary key (purpose, email)
    );
    create index one_time_codes_expiry_idx on one_time_codes (expires_at);

    create table ended_jwts (
      jti text primary key,
      user_id text not null references users (id),
      ended_at timestamptz not null,
      expires_at timestamptz not null
    );
    create index ended_jwts_expiry_idx on ended_jwts (expires_at);
  `);
}

export async function down(db: Knex): Promise<void> {
  await db.raw('drop table ended_jwts, one_time_codes, email_links');
}
