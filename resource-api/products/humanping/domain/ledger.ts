/**
 * Money, in whole cents, from one account to others. An account's balance is the sum of its entries; since every
 * transaction sums to zero, so do all accounts together. What an agent can spend is kept beside its entries, in its
 * own row, where the lock is that keeps two tasks from spending the same cent.
 */
import { recordAudit } from '../../../../shared/audit/audit.js';
import { sqlNow } from '../../../../shared/clock.js';
import { DomainError } from '../../../../shared/errors.js';
import { type Agent, findAgent } from '../../../../shared/identity/people/agents.js';
import type { Actor } from '../../../../shared/identity/people/users.js';
import { newId } from '../../../../shared/ids.js';
import { inTransaction, type Services } from '../../../../shared/services.js';

declare module '../../../../shared/audit/audit.js' {
  interface ProductAuditActions {
    'agent.credited': true;
  }
}

/** `credit`: money came in. `escrow`: a task was given its budget. `release`, `refund`: where that went. */
export type TransactionKind = 'credit' | 'escrow' | 'release' | 'refund';

export interface LedgerEntry {
  account: string;
  /** Whole cents; what leaves the account is negative. */
  amountCents: number;
}

export interface LedgerTransaction {
  id: string;
  kind: TransactionKind;
  createdAt: Date;
  entries: LedgerEntry[];
}

export const accountOf = {
  agent: (id: string) => `agent:${id}`,
  escrow: (taskId: string) => `escrow:${taskId}`,
  worker: (id: string) => `worker:${id}`,
  commission: 'commission',
  promotion: 'promotion',
  operator: 'operator',
} as const;

/** Writes one transaction; entries of nothing are left out. Call it in the transaction of its cause. */
export async function postTransaction(
  tx: Services,
  { kind, taskId, entries }: { kind: TransactionKind; taskId?: string; entries: LedgerEntry[] },
): Promise<void> {
  const moved = entries.filter(({ amountCents }) => amountCents !== 0);
  const sum = moved.reduce((total, { amountCents }) => total + amountCents, 0);
  if (sum !== 0 || moved.some(({ amountCents }) => !Number.isSafeInteger(amountCents))) {
    throw new Error(`a ledger transaction (${kind}) of ${sum} cents`);
  }
  if (moved.length === 0) return;
  const id = `txn_${newId()}`;
  await tx.db('ledger_transactions').insert({ id, kind, bounty_id: taskId ?? null, created_at: sqlNow(tx) });
  await tx.db('ledger_entries').insert(
    moved.map(({ account, amountCents }) => ({
      transaction_id: id,
      account,
      amount_cents: amountCents,
    })),
  );
}

/** What happened to a task's money, the oldest first. */
export async function listTransactions(services: Services, taskId: string): Promise<LedgerTransaction[]> {
  return services
    .db('ledger_transactions')
    .join('ledger_entries', 'ledger_entries.transaction_id', 'ledger_transactions.id')
    .where({ bounty_id: taskId })
    .groupBy('ledger_transactions.id')
    .orderByRaw('min(ledger_entries.id)')
    .select({
      id: 'ledger_transactions.id',
      kind: 'kind',
      createdAt: 'created_at',
      entries: services.db.raw(
        `json_agg(json_build_object('account', account, 'amountCents', amount_cents)
                  order by ledger_entries.id)`,
      ),
    });
}

const largestCredit = 100_000_000;

/** Tops up an agent's balance. Throws `not_found` and `validation`. */
export async function creditAgent(
  services: Services,
  { agentId, cents }: { agentId: string; cents: number },
  actor: Actor,
): Promise<Agent> {
  if (!Number.isInteger(cents) || cents < 1 || cents > largestCredit) {
    throw new DomainError('validation', {
      field: 'cents',
      message: `cents must be a whole number from 1 to ${largestCredit}`,
    });
  }
  return inTransaction(services, async (tx) => {
    const changed = await tx.db('agents').where({ id: agentId }).increment('balance_cents', cents);
    const agent = changed === 0 ? undefined : await findAgent(tx, { id: agentId });
    if (!agent) throw new DomainError('not_found', { subject: 'agent', message: 'Agent not found' });
    await postTransaction(tx, {
      kind: 'credit',
      entries: [
        { account: accountOf.operator, amountCents: -cents },
        { account: accountOf.agent(agentId), amountCents: cents },
      ],
    });
    await recordAudit(tx, {
      accountId: agentId,
      action: 'agent.credited',
      actor,
      target: { kind: 'agent', id: agentId },
      details: { cents },
    });
    return agent;
  });
}
