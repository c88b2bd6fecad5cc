/**
 * Forms that make something (a key, an app, a secret) carry a one-time value. What was made with it is noted here,
 * so that the same form sent twice (reload, a second try after a lost response) makes nothing twice.
 */
import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table submitted_forms (
      id bytea primary key,
      -- Id of what was made.
      ref text not null,
      expires_at timestamptz not null
    );
    create index submitted_forms_expiry_idx on submitted_forms (expires_at);
  `);
}

export async function down(db: Knex): Promise<void> {
  await db.raw('drop table submitted_forms');
}
