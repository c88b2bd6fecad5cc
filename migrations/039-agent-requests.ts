/**
 * Requests that agents made to people over the MCP server, and links by which a person connects somebody to ask.
 * The state of a request stays in its product; here stands only whose it is and where to look.
 */
import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table mcp_requests (
      id_hash bytea primary key,
      sealed_id text not null,
      account_id text not null,
      credential text not null,
      environment text not null check (environment in ('test', 'live')),
      kind text not null,
      domain_id text not null,
      argument_hash bytea not null,
      key_hash bytea,
      created_at timestamptz not null,
      expires_at timestamptz not null
    );
    create index mcp_requests_repeat_idx
      on mcp_requests (account_id, credential, environment, argument_hash, created_at);
    create index mcp_requests_key_idx on mcp_requests (account_id, credential, environment, key_hash)
      where key_hash is not null;
    create index mcp_requests_expiry_idx on mcp_requests (expires_at);

    create table connect_links (
      ref_hash bytea primary key,
      account_id text not null references users (id),
      environment text not null check (environment in ('test', 'live')),
      kind text not null,
      missing text not null,
      invites boolean not null,
      email text,
      created_at timestamptz not null,
      expires_at timestamptz not null,
      used_at timestamptz
    );
    create index connect_links_account_idx on connect_links (account_id);
    create index connect_links_expiry_idx on connect_links (expires_at);
  `);
}

export async function down(db: Knex): Promise<void> {
  await db.raw('drop table connect_links; drop table mcp_requests;');
}
