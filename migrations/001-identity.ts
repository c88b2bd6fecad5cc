/**
 * People, the humans they can be, agents that pay, and the plans of each account.
 * An account is a person or an agent; its id is the same text everywhere.
 */
import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table users (
      id text primary key,
      email text not null,
      name text not null,
      password_hash text,
      email_verified_at timestamptz,
      status text not null default 'active' check (status in ('active', 'disabled', 'erased')),
      token_version integer not null default 1,
      created_at timestamptz not null default now()
    );
    create unique index users_email_key on users (lower(email));

    create table humans (
      id text primary key,
      user_id text unique references users (id),
      simulated boolean not null default false,
      display_name text not null,
      bio text not null default '',
      skills text[] not null default '{}',
      profile jsonb not null default '{}',
      status_document jsonb not null default '{}',
      accepts_tasks boolean not null default true,
      quiet_hours jsonb,
      time_zone text not null default 'UTC',
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      check (simulated = (user_id is null))
    );

    create table agents (
      id text primary key,
      name text not null,
      email text not null,
      webhook_url text,
      balance_cents bigint not null default 0 check (balance_cents >= 0),
      free_tasks_remaining integer not null default 3 check (free_tasks_remaining >= 0),
      status text not null default 'active' check (status in ('active', 'disabled')),
      created_at timestamptz not null default now()
    );
    create unique index agents_email_key on agents (lower(email));

    create sequence change_generation;

    create table account_plans (
      account_id text not null,
      product text not null,
      plan text not null,
      changed_at timestamptz not null default now(),
      primary key (account_id, product)
    );
  `);
}

export async function down(db: Knex): Promise<void> {
  await db.raw('drop table account_plans, agents, humans, users; drop sequence change_generation');
}
