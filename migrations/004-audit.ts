/**
 * The audit log: one row per security-relevant event, chained per account. Each row's hash covers its content and
 * the hash before it; audit_heads knows where every chain ends. Personal values stand beside the chain: the hash
 * covers only a commitment to them, so that they can be taken out.
 *
 * The triggers stop mistakes and the application itself. Whoever may switch them off is stopped by nothing here,
 * but found by `audit verify`.
 */
import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table audit_heads (
      chain text primary key,
      seq bigint not null,
      hash bytea not null,
      anchored_seq bigint not null default 0
    );

    create table audit_events (
      chain text not null,
      seq bigint not null,
      id text not null unique,
      account_id text generated always as (nullif(chain, 'latchkey')) stored,
      action text not null,
      actor_kind text not null,
      actor_id text not null,
      target_kind text,
      target_id text,
      credential_id text,
      request_id text,
      details jsonb not null,
      commitments jsonb not null,
      personal jsonb,
      at timestamptz(3) not null,
      previous_hash bytea not null,
      hash bytea not null,
      primary key (chain, seq)
    );
    create index audit_events_at_idx on audit_events (at);
    create index audit_events_personal_idx on audit_events (actor_id) where personal is not null;

    create table audit_checkpoints (
      chain text not null,
      seq bigint not null,
      hash bytea not null,
      at timestamptz(3) not null,
      public_key text not null,
      signature text not null,
      primary key (chain, seq)
    );

    create function guard_audit_events() returns trigger language plpgsql as $$
    begin
      -- Erasure: the personal values go together with their salts, and nothing else changes. (What is generated
      -- from other columns is not there yet in a new row.)
      if tg_op = 'UPDATE' and old.personal is not null and new.personal is null
         and to_jsonb(new) - 'personal' - 'account_id' = to_jsonb(old) - 'personal' - 'account_id' then
        return new;
      end if;
      -- Pruning: only what a checkpoint stands for.
      if tg_op = 'DELETE' and exists (
        select from audit_checkpoints where chain = old.chain and seq >= old.seq
      ) then
        return old;
      end if;
      raise exception 'the audit log is append-only';
    end $$;
    create trigger audit_events_append_only before update or delete on audit_events
      for each row execute function guard_audit_events();
    create trigger audit_events_no_truncate before truncate on audit_events
      for each statement execute function guard_audit_events();

    create function guard_audit_heads() returns trigger language plpgsql as $$
    begin
      if tg_op = 'UPDATE' and new.chain = old.chain and new.seq >= old.seq then
        return new;
      end if;
      raise exception 'heads of the audit log only move forward';
    end $$;
    create trigger audit_heads_forward before update or delete on audit_heads
      for each row execute function guard_audit_heads();
    create trigger audit_heads_no_truncate before truncate on audit_heads
      for each statement execute function guard_audit_heads();

    create function guard_audit_checkpoints() returns trigger language plpgsql as $$
    begin
      if tg_op = 'DELETE' and exists (
        select from audit_checkpoints where chain = old.chain and seq > old.seq
      ) then
        return old;
      end if;
      raise exception 'a checkpoint of the audit log only gives way to a later one';
    end $$;
    create trigger audit_checkpoints_unchanged before update or delete on audit_checkpoints
      for each row execute function guard_audit_checkpoints();
    create trigger audit_checkpoints_no_truncate before truncate on audit_checkpoints
      for each statement execute function guard_audit_checkpoints();
  `);
}

export async function down(db: Knex): Promise<void> {
  await db.raw(`
    drop table audit_checkpoints, audit_events, audit_heads;
    drop function guard_audit_events, guard_audit_heads, guard_audit_checkpoints;
  `);
}
