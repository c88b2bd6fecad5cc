/**
 * Answers kept for `Idempotency-Key`. The id is a hash of product, principal, route and key; the answer is sealed,
 * because it can hold what is shown only once.
 */
import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table idempotent_answers (
      id bytea primary key,
      content_hash bytea not null,
      sealed_answer text not null,
      expires_at timestamptz not null
    );
    create index idempotent_answers_expiry_idx on idempotent_answers (expires_at);
  `);
}

export async function down(db: Knex): Promise<void> {
  await db.raw('drop table idempotent_answers');
}
