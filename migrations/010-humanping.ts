/**
 * Bounties: tasks with money behind them, taken by whoever comes first. A task has as many places as it wants
 * answers; a place that was taken is an assignment, and its proof lies with it.
 *
 * Money is a ledger of whole cents. Every transaction's entries sum to zero, which the database itself sees to, and
 * no entry is ever changed or taken out. Accounts are text: `agent:…`, `escrow:…` (a task's), `worker:…`,
 * `commission`, `promotion` (pays for free tasks), `operator` (what comes in from outside).
 */
import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table bounties (
      id text primary key,
      seq bigint generated always as identity,
      agent_id text not null references agents (id),
      product text not null,
      type text not null,
      status text not null
        check (status in ('pending', 'in_progress', 'proof_submitted', 'completed', 'disputed', 'expired')),
      description text not null,
      budget_cents bigint not null check (budget_cents > 0),
      free boolean not null,
      urgency text not null,
      proof_required text not null check (proof_required in ('text', 'photo', 'video', 'audio')),
      context jsonb not null,
      deadline timestamptz,
      expires_at timestamptz not null,
      places integer not null check (places > 0),
      places_taken integer not null default 0 check (places_taken between 0 and places),
      proofs_received integer not null default 0 check (proofs_received between 0 and places_taken),
      callback_url text,
      result text,
      dispute_reason text,
      created_at timestamptz not null,
      settled_at timestamptz
    );
    create index bounties_agent_idx on bounties (agent_id, seq desc);
    create index bounties_open_idx on bounties (seq)
      where status in ('pending', 'in_progress') and places_taken < places;

    create table bounty_assignments (
      id text primary key,
      bounty_id text not null references bounties (id),
      worker_id text not null references humans (id),
      state text not null check (state in ('accepted', 'delivered', 'approved', 'disputed', 'expired')),
      proof_type text,
      proof_content text,
      answer_hash bytea,
      earned_cents bigint not null default 0 check (earned_cents >= 0),
      accepted_at timestamptz not null,
      delivered_at timestamptz,
      settled_at timestamptz,
      unique (bounty_id, worker_id)
    );
    create index bounty_assignments_worker_idx on bounty_assignments (worker_id, id desc);

    create table ledger_transactions (
      id text primary key,
      kind text not null check (kind in ('credit', 'escrow', 'release', 'refund')),
      bounty_id text references bounties (id),
      created_at timestamptz not null
    );
    create index ledger_transactions_bounty_idx on ledger_transactions (bounty_id);

    create table ledger_entries (
      id bigint generated always as identity primary key,
      transaction_id text not null references ledger_transactions (id),
      account text not null,
      amount_cents bigint not null check (amount_cents <> 0)
    );
    create index ledger_entries_transaction_idx on ledger_entries (transaction_id);
    create index ledger_entries_account_idx on ledger_entries (account);

    create function refuse_unbalanced_transaction() returns trigger language plpgsql as $$
    begin
      if (select sum(amount_cents) from ledger_entries where transaction_id = new.transaction_id) <> 0 then
        raise exception 'ledger transaction % does not sum to zero', new.transaction_id;
      end if;
      return null;
    end $$;
    create constraint trigger ledger_entries_balance after insert on ledger_entries
      deferrable initially deferred for each row execute function refuse_unbalanced_transaction();

    create function refuse_ledger_change() returns trigger language plpgsql as $$
    begin
      raise exception 'the ledger is only ever added to';
    end $$;
    create trigger ledger_entries_fixed before update or delete on ledger_entries
      for each row execute function refuse_ledger_change();
  `);
}

export async function down(db: Knex): Promise<void> {
  await db.raw(`
    drop table ledger_entries, ledger_transactions, bounty_assignments, bounties;
    drop function refuse_unbalanced_transaction(), refuse_ledger_change();
  `);
}
