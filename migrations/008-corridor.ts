/**
 * What the resource API's corridor keeps. Answers for `Idempotency-Key`: the id is a hash of product, principal,
 * route and key, and the answer is sealed, because it can hold what is shown only once. And which keys' owners were
 * told that a key travelled unencrypted, so that they are told once.
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

    create table insecure_key_notices (
      key_id text primary key references api_keys (id) on delete cascade,
      noticed_at timestamptz not null
    );
  `);
}

export async function down(db: Knex): Promise<void> {
  await db.raw('drop table insecure_key_notices, idempotent_answers');
}
