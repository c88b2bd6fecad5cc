/**
 * Tasks that an app dispatches to a human, and the day of the simulated humans.
 *
 * A task is open until it reaches a status from which no move leads on; the partial indexes are for what is asked of
 * open tasks: how many an account has, what a human has at hand, and which wait for a human under a grant.
 */
import type { Knex } from 'knex';

const open = `status not in ('completed', 'failed', 'expired', 'declined', 'cancelled')`;

interface Day {
  /** Local times. Who sleeps with the phone off cannot be reached at all. */
  wakes: string;
  sleeps: string;
  phoneOff?: boolean;
  /** Kept every day, whoever calls. */
  pauses?: { kind: 'tea' | 'break'; from: string; to: string }[];
}

const days: Record<string, Day> = {
  maria_42: { wakes: '07:00', sleeps: '23:30' },
  kenji_07: { wakes: '05:30', sleeps: '21:30', pauses: [{ kind: 'tea', from: '16:00', to: '16:15' }] },
  amara_19: { wakes: '08:30', sleeps: '01:00' },
  tom_88: { wakes: '05:00', sleeps: '21:00', pauses: [{ kind: 'break', from: '12:00', to: '12:30' }] },
  lucia_33: { wakes: '10:00', sleeps: '02:00' },
  sven_51: { wakes: '16:00', sleeps: '08:30', phoneOff: true },
  priya_26: { wakes: '06:30', sleeps: '22:30' },
  noah_64: { wakes: '07:30', sleeps: '22:00' },
};

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table dispatched_tasks (
      id text primary key,
      seq bigint generated always as identity unique,
      account_id text not null,
      product text not null,
      environment text not null check (environment in ('test', 'live')),
      key_id text,
      client_id text,
      grant_id text,
      requester_id text not null,
      human_id text references humans (id) on delete set null,
      status text not null default 'queued' check (status in ('queued', 'offered', 'accepted', 'in_progress',
        'blocked', 'paused', 'submitted', 'completed', 'failed', 'expired', 'declined', 'cancelled')),
      status_reason text,
      type text not null,
      priority text not null check (priority in ('low', 'normal', 'high', 'urgent')),
      title text not null,
      description text not null,
      skills text[] not null default '{}',
      deadline timestamptz,
      estimated_seconds integer,
      amount_cents bigint,
      currency text,
      bonus_eligible boolean not null default false,
      attachments jsonb not null default '[]',
      metadata jsonb not null default '{}',
      result jsonb,
      percent integer not null default 0,
      question text,
      answer text,
      message text,
      story_step integer not null default 0,
      created_at timestamptz not null,
      updated_at timestamptz not null,
      accepted_at timestamptz,
      finished_at timestamptz
    );
    create index dispatched_tasks_account_idx on dispatched_tasks (account_id, environment, seq);
    create index dispatched_tasks_human_idx on dispatched_tasks (human_id, seq);
    create index dispatched_tasks_key_idx on dispatched_tasks (key_id, seq);
    create index dispatched_tasks_open_idx on dispatched_tasks (account_id) where ${open};
    create index dispatched_tasks_at_hand_idx on dispatched_tasks (human_id) where ${open};
    create index dispatched_tasks_waiting_idx on dispatched_tasks (grant_id)
      where grant_id is not null and status in ('queued', 'offered');
  `);
  for (const [id, day] of Object.entries(days)) {
    await db('humans')
      .where({ id, simulated: true })
      .update({ profile: JSON.stringify({ day }) });
  }
}

export async function down(db: Knex): Promise<void> {
  await db('humans').where({ simulated: true }).update({ profile: '{}' });
  await db.raw('drop table dispatched_tasks');
}
