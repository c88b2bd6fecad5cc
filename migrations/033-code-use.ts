/**
 * Which request used an authorization code: a digest of its parameters, by which a repetition of the same request is
 * told from another use of the code. Empty for codes that the previous version redeems meanwhile.
 */
import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw('alter table oidc_records add column used_by text');
}

export async function down(db: Knex): Promise<void> {
  await db.raw('alter table oidc_records drop column used_by');
}
