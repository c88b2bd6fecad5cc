/**
 * When a grant was first really used. `last_used_at` counts from the consent on and decides when a grant lapses;
 * `used_at` is null until the app calls with a token of the grant, and is what people are shown.
 */
import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  // A code is redeemed within ten minutes of the consent; what is later is a use.
  await db.raw(`
    alter table grants add column used_at timestamptz;
    update grants set used_at = last_used_at where last_used_at > created_at + interval '10 minutes';
  `);
}

export async function down(db: Knex): Promise<void> {
  await db.raw('alter table grants drop column used_at');
}
