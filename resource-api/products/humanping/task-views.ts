/** Tasks, proofs and what happened to the money, as JSON. */

import type { z } from 'zod';
import { isoTime, workerId } from './conventions.js';
import type { Assignment } from './domain/assignments.js';
import type { Consensus } from './domain/consensus.js';
import { accountOf, type LedgerEntry, type LedgerTransaction } from './domain/ledger.js';
import { commissionOf } from './domain/settlement.js';
import type { SubmittedProof } from './domain/task-lists.js';
import { escrowOf, type Task } from './domain/tasks.js';
import type {
  assignmentSchema,
  createdTaskSchema,
  proofSchema,
  taskDetailsSchema,
  taskSchema,
  transactionSchema,
  workerTaskSchema,
} from './task-schemas.js';

export const createdTaskView = (task: Task): z.input<typeof createdTaskSchema> => ({
  id: task.id,
  agent_id: task.agentId,
  type: task.type,
  status: task.status,
  description: task.description,
  budget_cents: task.budgetCents,
  urgency: task.urgency,
  proof_required: task.proofRequired,
  created_at: isoTime(task.createdAt),
});

export const taskView = (task: Task): z.input<typeof taskSchema> => ({
  ...createdTaskView(task),
  free: task.free,
  context: task.context,
  deadline: task.deadline && isoTime(task.deadline),
  expires_at: isoTime(task.expiresAt),
  consensus_count: task.places,
  callback_url: task.callbackUrl,
  result: task.result,
  dispute_reason: task.disputeReason,
  settled_at: task.settledAt && isoTime(task.settledAt),
});

export const taskDetailsView = (
  task: Task,
  proofs: SubmittedProof[],
  transactions: LedgerTransaction[],
): z.input<typeof taskDetailsSchema> => ({
  ...taskView(task),
  ...(task.places > 1 && { consensus: consensusOf(task) }),
  proofs: proofs.map(proofView),
  transactions: transactions.flatMap(transactionViews),
});

/** `content` is null for pictures and recordings where they are only listed. */
export const proofView = (proof: SubmittedProof): z.input<typeof proofSchema> => ({
  id: `proof_${proof.id}`,
  worker_id: workerId(proof.workerId),
  type: proof.type,
  content: proof.content,
  status: proof.state === 'delivered' ? 'submitted' : proof.state,
  submitted_at: isoTime(proof.submittedAt),
});

function consensusOf({ places, proofsReceived, status, result }: Task): Consensus {
  const collecting = status === 'pending' || status === 'in_progress';
  const known = result === null ? 'conflict' : 'reached';
  return {
    required: places,
    received: proofsReceived,
    status: collecting ? 'collecting' : known,
    result,
  };
}

const payees: Readonly<Partial<Record<string, 'refund' | 'payout'>>> = {
  agent: 'refund',
  promotion: 'refund',
  worker: 'payout',
};

/** One line for each place that money came from or went to; the task's escrow is the other side of all of them. */
function transactionViews({
  id,
  kind,
  createdAt,
  entries,
}: LedgerTransaction): z.input<typeof transactionSchema>[] {
  return entries
    .filter(({ account }) => !account.startsWith(accountOf.escrow('')))
    .map((entry) => ({
      id,
      type: kind === 'escrow' ? 'escrow' : (payees[ownerOf(entry)[0]] ?? 'commission'),
      amount_cents: Math.abs(entry.amountCents),
      ...(ownerOf(entry)[0] === 'worker' && { worker_id: workerId(ownerOf(entry)[1]) }),
      created_at: isoTime(createdAt),
    }));
}

function ownerOf({ account }: LedgerEntry): [kind: string, id: string] {
  const [kind = '', id = ''] = account.split(':');
  return [kind, id];
}

/** The task as a worker sees it, with what they get for it. */
export const workerTaskView = (task: Task, assignment?: Assignment): z.input<typeof workerTaskSchema> => ({
  id: task.id,
  type: task.type,
  status: task.status,
  description: task.description,
  budget_cents: task.budgetCents,
  reward_cents: rewardOf(task),
  urgency: task.urgency,
  proof_required: task.proofRequired,
  context: task.context,
  deadline: task.deadline && isoTime(task.deadline),
  expires_at: isoTime(task.expiresAt),
  created_at: isoTime(task.createdAt),
  assignment: assignment ? assignmentView(assignment) : null,
});

/** What one worker gets at least when the task is approved, in cents. */
function rewardOf(task: Task): number {
  const escrow = escrowOf(task);
  return Math.floor((escrow - commissionOf(escrow)) / task.places);
}

export const assignmentView = (assignment: Assignment): z.input<typeof assignmentSchema> => ({
  id: `asg_${assignment.id}`,
  status: assignment.state === 'delivered' ? 'proof_submitted' : assignment.state,
  earned_cents: assignment.earnedCents,
  accepted_at: isoTime(assignment.acceptedAt),
  submitted_at: assignment.deliveredAt && isoTime(assignment.deliveredAt),
  settled_at: assignment.settledAt && isoTime(assignment.settledAt),
});
