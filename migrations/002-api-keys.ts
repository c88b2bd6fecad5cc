/**
 * API keys. The key itself is never here: a hash to find it by, and what is needed to name it to its owner.
 * A row outlives its key, so that a revoked one can still be told from an unknown one.
 */
import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table api_keys (
      id text primary key,
      product text not null,
      environment text not null check (environment in ('test', 'live')),
      user_id text references users (id),
      agent_id text references agents (id),
      account_id text not null generated always as (coalesce(user_id, agent_id)) stored,
      name text not null,
      prefix text not null,
      last_four text not null,
      hash bytea not null unique,
      permissions text[],
      ip_allowlist cidr[],
      status text not null default 'active' check (status in ('active', 'disabled', 'revoked')),
      expires_at timestamptz,
      successor_id text references api_keys (id),
      rotate_every_days integer check (rotate_every_days > 0),
      leak_policy text check (leak_policy in ('notify', 'roll', 'revoke')),
      created_at timestamptz not null default now(),
      revoked_at timestamptz,
      last_used_at timestamptz,
      check (num_nonnulls(user_id, agent_id) = 1)
    );
    create index api_keys_account_idx on api_keys (account_id, product);
  `);
}

export async function down(db: Knex): Promise<void> {
  await db.raw('drop table api_keys');
}
