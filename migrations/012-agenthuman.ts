/**
 * Personas (an avatar with a voice and a manner), the catalogue that they are made of, and the sessions that people
 * have with them. Test and live never meet: whatever belongs to an account belongs to one environment.
 */
import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table catalogue_entries (
      id text primary key,
      kind text not null check (kind in ('avatar', 'voice', 'role')),
      owner_id text references users (id) on delete cascade,
      name text not null,
      description text not null,
      properties jsonb not null,
      created_at timestamptz not null
    );
    create index catalogue_entries_owner_idx on catalogue_entries (owner_id, kind);

    create table personas (
      id text primary key,
      owner_id text not null references users (id) on delete cascade,
      environment text not null check (environment in ('test', 'live')),
      name text not null,
      avatar_id text,
      language text not null,
      custom_greeting text not null,
      context text not null,
      properties jsonb not null,
      status text not null check (status in ('active', 'inactive')),
      created_at timestamptz not null,
      updated_at timestamptz not null
    );
    create index personas_owner_idx on personas (owner_id, environment, id);

    create table persona_sessions (
      id text primary key,
      owner_id text not null references users (id) on delete cascade,
      environment text not null check (environment in ('test', 'live')),
      persona_id text references personas (id) on delete set null,
      session_type text not null,
      status text not null check (status in ('active', 'completed')),
      metadata jsonb not null,
      message_count integer not null default 0,
      started_at timestamptz not null,
      ended_at timestamptz
    );
    create index persona_sessions_owner_idx on persona_sessions (owner_id, environment, id);
    create index persona_sessions_active_idx on persona_sessions (owner_id, environment) where status = 'active';

    create table persona_messages (
      session_id text not null references persona_sessions (id) on delete cascade,
      seq integer not null,
      id text not null unique,
      role text not null check (role in ('user', 'agent', 'system')),
      content text not null,
      created_at timestamptz not null,
      primary key (session_id, seq)
    );
  `);
  await db('catalogue_entries').insert(
    publicEntries.map(([id, kind, name, description, properties]) => ({
      id,
      kind,
      name,
      description,
      properties: JSON.stringify(properties),
      created_at: db.fn.now(),
    })),
  );
}

export async function down(db: Knex): Promise<void> {
  await db.raw('drop table persona_messages, persona_sessions, personas, catalogue_entries');
}

type Entry = [
  id: string,
  kind: string,
  name: string,
  description: string,
  properties: Record<string, unknown>,
];

/** What everybody may use. */
const publicEntries: Entry[] = [
  ['avat_june', 'avatar', 'June', 'Calm, looks at you, nods rarely.', { style: 'photographic' }],
  ['avat_otto', 'avatar', 'Otto', 'Patient, with a workshop behind him.', { style: 'photographic' }],
  [
    'avat_line',
    'avatar',
    'Line',
    'Drawn with one stroke; for places where a face would be too much.',
    { style: 'drawn' },
  ],
  ['avat_mira', 'avatar', 'Mira', 'Quick and bright, made for short questions.', { style: 'photographic' }],
  ['voic_alder', 'voice', 'Alder', 'Low and unhurried.', { languages: ['en', 'de'] }],
  ['voic_birch', 'voice', 'Birch', 'Clear, a little fast.', { languages: ['en', 'es', 'fr'] }],
  ['voic_cedar', 'voice', 'Cedar', 'Warm, for long explanations.', { languages: ['en', 'ja'] }],
  ['role_host', 'role', 'Host', 'Greets, asks what brings you here, and hands over.', {}],
  ['role_tutor', 'role', 'Tutor', 'Explains in steps and asks back.', {}],
  ['role_clerk', 'role', 'Clerk', 'Takes down what is needed and repeats it.', {}],
];
