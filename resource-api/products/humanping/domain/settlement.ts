/**
 * How a task ends and where its money goes. Approved: each worker who delivered gets an equal share less the
 * commission, and the shares of places that nobody filled go back. Disputed: all of it goes back. Expired: if some
 * answers are there, the task closes with those and waits for the agent's word; otherwise all of it goes back.
 */
import { sqlNow } from '../../../../shared/clock.js';
import { DomainError } from '../../../../shared/errors.js';
import { inTransaction, type Services } from '../../../../shared/services.js';
import { findMajority } from './consensus.js';
import { accountOf, type LedgerEntry, postTransaction } from './ledger.js';
import { emitTaskEvent } from './task-events.js';
import { escrowOf, getTask, lockTask, type Task, type TaskStatus } from './tasks.js';

const commissionPercent = 18;

/** The house's part of an amount in cents, half a cent rounded up. */
export const commissionOf = (cents: number): number => Math.floor((cents * commissionPercent + 50) / 100);

/** Whole cents in equal shares; what is left over goes to the first, a cent each. */
export function splitEqually(cents: number, shares: number): number[] {
  const each = Math.floor(cents / shares);
  const over = cents - each * shares;
  return Array.from({ length: shares }, (_, index) => each + (index < over ? 1 : 0));
}

interface Delivered {
  id: string;
  workerId: string;
}

/**
 * Releases the escrow of a task whose proof is there. Throws `not_found`, and `conflict` in another state and for
 * answers that disagree when no result is given.
 */
export async function approveTask(
  services: Services,
  ref: { id: string; agentId: string },
  { overrideResult }: { overrideResult?: string } = {},
): Promise<Task> {
  return inTransaction(services, async (tx) => {
    const task = await lockWithProof(tx, ref, 'approved');
    const result = overrideResult ?? task.result;
    if (task.places > 1 && result === null) {
      throw new DomainError('conflict', {
        message: 'The answers disagree: say which result counts with override_result',
      });
    }
    const delivered = await listDelivered(tx, task.id);
    await release(tx, task, delivered);
    return close(tx, task, { status: 'completed', columns: { result }, event: 'task.completed' });
  });
}

/** Gives the escrow back; the workers' trust suffers. Throws `not_found`, and `conflict` in another state. */
export async function disputeTask(
  services: Services,
  ref: { id: string; agentId: string },
  { reason }: { reason?: string } = {},
): Promise<Task> {
  return inTransaction(services, async (tx) => {
    const task = await lockWithProof(tx, ref, 'disputed');
    await settleAssignments(tx, task.id, 'delivered', 'disputed');
    await refund(tx, task);
    return close(tx, task, {
      status: 'disputed',
      columns: { dispute_reason: reason ?? null },
      event: 'task.disputed',
    });
  });
}

/** What is due when a task's time is over; nothing when it has ended otherwise or is not due. */
export async function expireTask(services: Services, id: string): Promise<void> {
  await inTransaction(services, async (tx) => {
    const due = await tx
      .db('bounties')
      .where({ id })
      .whereIn('status', ['pending', 'in_progress'])
      .where('expires_at', '<=', sqlNow(tx))
      .forUpdate()
      .first('id');
    if (!due) return;
    await giveUpTask(tx, id);
  });
}

/** Ends a task that is open: closes it with the answers that are there, or gives everything back. */
export async function giveUpTask(tx: Services, id: string): Promise<void> {
  const task = await lockTask(tx, { id });
  await settleAssignments(tx, id, 'accepted', 'expired');
  if (task.proofsReceived > 0) {
    await closeAnswers(tx, task);
    return;
  }
  await refund(tx, task);
  // A free task that nobody began was none.
  if (task.free && task.placesTaken === 0) {
    await tx.db('agents').where({ id: task.agentId }).increment('free_tasks_remaining', 1);
  }
  await close(tx, task, { status: 'expired', columns: {}, event: 'task.expired' });
}

/** No further answer comes: works out what those that are there come to, and tells the agent. */
export async function closeAnswers(tx: Services, task: Task): Promise<void> {
  const responses: { hash: Buffer; type: string; content: string }[] = await tx
    .db('bounty_assignments')
    .where({ bounty_id: task.id, state: 'delivered' })
    .whereNotNull('answer_hash')
    .orderBy('delivered_at')
    .select({ hash: 'answer_hash', type: 'proof_type', content: 'proof_content' });
  const majority = task.places > 1 ? findMajority(responses.map(({ hash }) => hash)) : undefined;
  const agreed = majority && responses.find(({ hash }) => hash.equals(majority));
  // A picture is its own result: what is kept beside the task is that there is one.
  const result = agreed ? (agreed.type === 'text' ? agreed.content : agreed.type) : null;
  await tx.db('bounties').where({ id: task.id }).update({ status: 'proof_submitted', result });
  await emitTaskEvent(
    tx,
    'task.proof_submitted',
    { ...task, status: 'proof_submitted' },
    task.places > 1 ? { consensus: agreed ? 'reached' : 'conflict', result } : {},
  );
}

async function lockWithProof(
  tx: Services,
  ref: { id: string; agentId: string },
  word: string,
): Promise<Task> {
  const task = await lockTask(tx, ref);
  if (task.status !== 'proof_submitted') {
    throw new DomainError('conflict', {
      message: `Only a task whose proof was submitted can be ${word}; this one is ${task.status}`,
    });
  }
  return task;
}

function listDelivered(tx: Services, taskId: string): Promise<Delivered[]> {
  return tx
    .db('bounty_assignments')
    .where({ bounty_id: taskId, state: 'delivered' })
    .orderBy(['delivered_at', 'id'])
    .select({ id: 'id', workerId: 'worker_id' });
}

/** Pays who delivered, keeps the commission, and gives back what nobody earned. */
async function release(tx: Services, task: Task, delivered: Delivered[]): Promise<void> {
  const escrow = escrowOf(task);
  const earned = splitEqually(escrow, task.places)
    .slice(0, delivered.length)
    .reduce((sum, share) => sum + share, 0);
  const commission = commissionOf(earned);
  const shares = splitEqually(earned - commission, Math.max(delivered.length, 1));
  const payouts: LedgerEntry[] = [];
  for (const [index, { id, workerId }] of delivered.entries()) {
    const cents = shares[index] ?? 0;
    payouts.push({ account: accountOf.worker(workerId), amountCents: cents });
    await tx
      .db('bounty_assignments')
      .where({ id })
      .update({ state: 'approved', earned_cents: cents, settled_at: sqlNow(tx) });
  }
  await postTransaction(tx, {
    kind: 'release',
    taskId: task.id,
    entries: [
      { account: accountOf.escrow(task.id), amountCents: -earned },
      ...payouts,
      { account: accountOf.commission, amountCents: commission },
    ],
  });
  await giveBack(tx, task, escrow - earned);
}

const refund = (tx: Services, task: Task) => giveBack(tx, task, escrowOf(task));

async function giveBack(tx: Services, task: Task, cents: number): Promise<void> {
  const { id, agentId, free } = task;
  await postTransaction(tx, {
    kind: 'refund',
    taskId: id,
    entries: [
      { account: accountOf.escrow(id), amountCents: -cents },
      { account: free ? accountOf.promotion : accountOf.agent(agentId), amountCents: cents },
    ],
  });
  if (!free) await tx.db('agents').where({ id: agentId }).increment('balance_cents', cents);
}

async function settleAssignments(tx: Services, taskId: string, from: string, to: string): Promise<void> {
  await tx
    .db('bounty_assignments')
    .where({ bounty_id: taskId, state: from })
    .update({ state: to, settled_at: sqlNow(tx) });
}

async function close(
  tx: Services,
  { id }: Task,
  {
    status,
    columns,
    event,
  }: {
    status: TaskStatus;
    columns: Record<string, unknown>;
    event: 'task.completed' | 'task.disputed' | 'task.expired';
  },
): Promise<Task> {
  await tx
    .db('bounties')
    .where({ id })
    .update({ ...columns, status, settled_at: sqlNow(tx) });
  const closed = await getTask(tx, { id });
  await emitTaskEvent(tx, event, closed, closed.result === null ? {} : { result: closed.result });
  return closed;
}
