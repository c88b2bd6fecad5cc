/**
 * Signing keys of more than one algorithm: unique by algorithm and state. Clients that exist keep ES256 for their ID
 * tokens; new ones get RS256, the default of OpenID Connect registration. The previous version inserts ES256 keys
 * without naming the algorithm, which the column's default allows.
 */
import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    alter table signing_keys add column algorithm text not null default 'ES256';
    drop index signing_keys_one_current;
    drop index signing_keys_one_next;
    create unique index signing_keys_one_per_state on signing_keys (algorithm, state)
      where state in ('current', 'next');
    update oauth_clients
      set metadata = metadata || '{"id_token_signed_response_alg": "ES256"}'
      where not jsonb_exists(metadata, 'id_token_signed_response_alg');
  `);
}

export async function down(db: Knex): Promise<void> {
  await db.raw(`
    delete from signing_keys where algorithm <> 'ES256';
    drop index signing_keys_one_per_state;
    create unique index signing_keys_one_current on signing_keys (state) where state = 'current';
    create unique index signing_keys_one_next on signing_keys (state) where state = 'next';
    alter table signing_keys drop column algorithm;
    update oauth_clients set metadata = metadata - 'id_token_signed_response_alg';
  `);
}
