/**
 * The queue and the post. graphile-worker brings its own schema and its own numbered migrations; they run on a
 * connection of their own, each in its own transaction, and doing them twice does nothing. Mail is one row: whom
 * it is for in the clear, subject and text sealed, because a text may hold a link or a code that still works.
 */
import { runMigrations } from 'graphile-worker';
import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await runMigrations({ connectionString: db.client.config.connection.connectionString });
  await db.raw(`
    create table job_workers (
      pool_id text primary key,
      seen_at timestamptz not null default now()
    );

    create table mails (
      id text primary key,
      recipient text not null,
      sealed_content text,
      state text not null default 'queued' check (state in ('queued', 'sent', 'refused')),
      created_at timestamptz not null default now(),
      sent_at timestamptz
    );
    create index mails_recipient_idx on mails (lower(recipient), id);
    create index mails_created_idx on mails (created_at);
  `);
}

export async function down(db: Knex): Promise<void> {
  await db.raw('drop table mails, job_workers; drop schema graphile_worker cascade');
}
