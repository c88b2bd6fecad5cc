/**
 * Loops of reviewers and what is put before them. A loop belongs to who made it; members see it, and the reviews in
 * it. Test and live loops never meet. An invitation waits for one address for seven days; the loop's own invite code
 * lets in whoever knows it, for as long.
 *
 * `status` stays `claimed` in the row when a claim has lapsed: whoever reads it looks at `claimed_until` too, so
 * that a claim ends on time without anybody running.
 */
import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table loops (
      id text primary key,
      product text not null,
      environment text not null check (environment in ('test', 'live')),
      creator_id text not null references users (id),
      name text not null,
      description text not null,
      icon text,
      invite_code text not null unique,
      invite_expires_at timestamptz not null,
      created_at timestamptz not null,
      updated_at timestamptz not null
    );
    create index loops_creator_idx on loops (creator_id);

    create table loop_members (
      loop_id text not null references loops (id) on delete cascade,
      user_id text not null references users (id),
      role text not null check (role in ('admin', 'member')),
      joined_at timestamptz not null,
      last_active_at timestamptz not null,
      primary key (loop_id, user_id)
    );
    create index loop_members_user_idx on loop_members (user_id, loop_id);

    create table loop_invitations (
      id text primary key,
      loop_id text not null references loops (id) on delete cascade,
      email text not null,
      code text not null unique,
      created_at timestamptz not null,
      expires_at timestamptz not null
    );
    create unique index loop_invitations_email_key on loop_invitations (loop_id, lower(email));
    create index loop_invitations_expiry_idx on loop_invitations (expires_at);

    create table reviews (
      id text primary key,
      loop_id text not null references loops (id) on delete cascade,
      product text not null,
      environment text not null check (environment in ('test', 'live')),
      creator_id text not null references users (id),
      key_id text not null,
      processing_type text not null check (processing_type in ('time-sensitive', 'deferred')),
      type text not null check (type in ('markdown', 'image')),
      priority text not null check (priority in ('low', 'medium', 'high', 'critical')),
      request_text text not null,
      image_url text,
      context jsonb,
      platform text,
      platform_version text,
      response_type text not null
        check (response_type in ('text', 'single_select', 'multi_select', 'rating', 'number')),
      response_config jsonb not null,
      default_response jsonb,
      callback_url text,
      status text not null default 'pending'
        check (status in ('pending', 'claimed', 'completed', 'timeout', 'cancelled')),
      claimed_by text,
      claimed_until timestamptz,
      response_by text,
      response_at timestamptz,
      response_data jsonb,
      broadcasted_at timestamptz not null,
      timeout_at timestamptz not null,
      created_at timestamptz not null,
      updated_at timestamptz not null
    );
    create index reviews_loop_idx on reviews (loop_id, created_at, id);

    create table review_recipients (
      review_id text not null references reviews (id) on delete cascade,
      user_id text not null references users (id),
      role text not null,
      notification_sent boolean not null,
      notification_error text,
      primary key (review_id, user_id)
    );

    create table review_feedback (
      id text primary key,
      review_id text not null unique references reviews (id) on delete cascade,
      feedback jsonb not null,
      submitted_at timestamptz not null
    );
  `);
}

export async function down(db: Knex): Promise<void> {
  await db.raw(
    'drop table review_feedback, review_recipients, reviews, loop_invitations, loop_members, loops',
  );
}
