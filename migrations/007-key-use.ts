/**
 * What keys did: calls by hour, the last calls themselves, and what their owners were reminded of. All of it is
 * written in batches, some seconds late, and refers to keys without a constraint: a batch must not fail as a whole
 * over one row.
 *
 * The last calls of a key lie in a ring of slots: its size is the bound, and nothing has to be deleted to keep it.
 */
import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table key_usage (
      key_id text not null,
      hour timestamptz not null,
      status_class smallint not null,
      calls bigint not null,
      primary key (key_id, hour, status_class)
    );
    create index key_usage_hour_idx on key_usage (hour);

    create table key_call_counts (
      key_id text primary key,
      written bigint not null
    );

    create table key_calls (
      key_id text not null,
      slot integer not null,
      at timestamptz(3) not null,
      method text not null,
      route text not null,
      status smallint not null,
      address text not null,
      request_id text not null,
      primary key (key_id, slot)
    );
    create index key_calls_at_idx on key_calls (at);

    create table key_reminders (
      key_id text not null,
      kind text not null,
      sent_at timestamptz not null,
      primary key (key_id, kind)
    );
  `);
}

export async function down(db: Knex): Promise<void> {
  await db.raw('drop table key_reminders, key_calls, key_call_counts, key_usage');
}
