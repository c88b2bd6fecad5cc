/** Agents in the sense of a language model with instructions and tools, kept for their owner. */
import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table llm_agents (
      id text primary key,
      owner_id text not null references users (id) on delete cascade,
      name text not null,
      description text not null,
      instructions text not null,
      model text not null,
      tools jsonb not null,
      metadata jsonb not null,
      created_at timestamptz not null,
      updated_at timestamptz not null
    );
    create index llm_agents_owner_idx on llm_agents (owner_id, id);
  `);
}

export async function down(db: Knex): Promise<void> {
  await db.raw('drop table llm_agents');
}
