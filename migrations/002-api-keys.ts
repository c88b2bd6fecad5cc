/**
 * API keys. The key itself is never here: a hash to find it by, and what is needed to name it to its owner.
 * A row outlives its key, so that a revoked one can still be told from an unknown one.
 *
 * `expires_at` is when the key really ends: the earliest of what its owner chose, of the end of its grace once it
 * was rolled, and of what its rotation allows. A family is a key with all its successors: limits that count by key
 * count by family, or rolling a key would double its quota.
 */
import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table api_keys (
      id text primary key,
      family_id text not null,
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
      chosen_expires_at timestamptz,
      rotate_every_days integer check (rotate_every_days > 0),
      rotation_due_at timestamptz,
      expires_at timestamptz,
      successor_id text unique references api_keys (id),
      rolled_at timestamptz,
      leak_policy text check (leak_policy in ('notify', 'roll', 'revoke')),
      leaked_at timestamptz,
      created_at timestamptz not null default now(),
      revoked_at timestamptz,
      last_used_at timestamptz,
      check (num_nonnulls(user_id, agent_id) = 1),
      check ((rotate_every_days is null) = (rotation_due_at is null)),
      check ((successor_id is null) = (rolled_at is null))
    );
    create index api_keys_account_idx on api_keys (account_id, product);
    create index api_keys_expiry_idx on api_keys (expires_at) where status = 'active';
    create index api_keys_rotation_idx on api_keys (rotation_due_at) where rotation_due_at is not null;
    create index api_keys_age_idx on api_keys (created_at) where status = 'active';
  `);
}

export async function down(db: Knex): Promise<void> {
  await db.raw('drop table api_keys');
}
