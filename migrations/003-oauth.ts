/**
 * OAuth: clients and their secrets, remembered consent, signing keys, and what oidc-provider stores
 * (oidc_records, browser_sessions: only shared/identity/oauth/oidc-records knows their inside).
 */
import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table oauth_clients (
      id text primary key,
      product text,
      user_id text references users (id),
      name text not null,
      redirect_uris text[] not null default '{}',
      public boolean not null default false,
      first_party boolean not null default false,
      self_registered boolean not null default false,
      verified_host text,
      grant_types text[] not null default '{authorization_code,refresh_token}',
      metadata jsonb not null default '{}',
      disabled_at timestamptz,
      created_at timestamptz not null default now(),
      last_used_at timestamptz
    );
    create index oauth_clients_user_idx on oauth_clients (user_id);

    create table oauth_client_secrets (
      id text primary key,
      client_id text not null references oauth_clients (id) on delete cascade,
      name text not null,
      hash bytea not null,
      last_four text not null,
      expires_at timestamptz,
      created_at timestamptz not null default now()
    );
    create index oauth_client_secrets_client_idx on oauth_client_secrets (client_id);

    create table consents (
      id text primary key,
      user_id text not null references users (id),
      client_id text not null references oauth_clients (id) on delete cascade,
      scopes text[] not null,
      duration text not null check (duration in ('once', '30d', 'always')),
      redirect_hosts text[] not null default '{}',
      granted_at timestamptz not null default now(),
      last_used_at timestamptz not null default now(),
      expires_at timestamptz,
      unique (user_id, client_id)
    );
    create index consents_client_idx on consents (client_id);

    create table grants (
      id text primary key,
      user_id text not null references users (id),
      client_id text not null references oauth_clients (id) on delete cascade,
      product text,
      scopes text[] not null,
      requested_scopes text[],
      duration text not null check (duration in ('once', '30d', 'always')),
      created_at timestamptz not null default now(),
      last_used_at timestamptz not null default now(),
      expires_at timestamptz not null
    );
    create index grants_user_idx on grants (user_id);
    create index grants_client_idx on grants (client_id, user_id);
    create index grants_expiry_idx on grants (expires_at);

    create table oidc_records (
      model text not null,
      id_hash bytea not null,
      payload jsonb not null,
      grant_id text,
      account_id text,
      client_id text,
      user_code text,
      expires_at timestamptz,
      consumed_at timestamptz,
      first_used_at timestamptz,
      sealed_answer text,
      created_at timestamptz not null default now(),
      primary key (model, id_hash)
    );
    create index oidc_records_grant_idx on oidc_records (grant_id) where grant_id is not null;
    create index oidc_records_account_idx on oidc_records (account_id, model) where account_id is not null;
    create index oidc_records_client_idx on oidc_records (client_id, model) where client_id is not null;
    create index oidc_records_expiry_idx on oidc_records (expires_at);
    create unique index oidc_records_user_code_idx on oidc_records (user_code) where user_code is not null;

    create table browser_sessions (
      uid text primary key,
      id_hash bytea not null unique,
      sealed_payload text not null,
      user_id text references users (id),
      address text,
      user_agent text,
      created_at timestamptz not null default now(),
      seen_at timestamptz not null default now(),
      ended_at timestamptz,
      revoked_at timestamptz,
      expires_at timestamptz not null
    );
    create index browser_sessions_user_idx on browser_sessions (user_id) where user_id is not null;
    create index browser_sessions_expiry_idx on browser_sessions (expires_at);

    create table signing_keys (
      kid text primary key,
      public_jwk jsonb not null,
      sealed_private_jwk text not null,
      state text not null check (state in ('next', 'current', 'previous')),
      created_at timestamptz not null default now(),
      activated_at timestamptz,
      retired_at timestamptz
    );
    create unique index signing_keys_one_current on signing_keys (state) where state = 'current';
    create unique index signing_keys_one_next on signing_keys (state) where state = 'next';
  `);
}

export async function down(db: Knex): Promise<void> {
  await db.raw(
    'drop table signing_keys, browser_sessions, oidc_records, grants, consents, oauth_client_secrets, oauth_clients',
  );
}
