/** Tasks, proofs and what happened to the money, as JSON. */

import { isoTime, workerId } from './conventions.js';
import { type Bounty, escrowOf } from './domain/bounties.js';
import type { SubmittedProof } from './domain/bounty-records.js';
import { commissionOf } from './domain/bounty-settlement.js';
import type { Assignment } from './domain/bounty-work.js';
import type { Consensus } from './domain/consensus.js';
import { accountOf, type LedgerEntry, type LedgerTransaction } from './domain/ledger.js';

/** The nine members that the answer to a creation is documented with. */
export const createdTaskView = (bounty: Bounty) => ({
  id: bounty.id,
  agent_id: bounty.agentId,
  type: bounty.type,
  status: bounty.status,
  description: bounty.description,
  budget_cents: bounty.budgetCents,
  urgency: bounty.urgency,
  proof_required: bounty.proofRequired,
  created_at: isoTime(bounty.createdAt),
});

export const taskView = (bounty: Bounty) => ({
  ...createdTaskView(bounty),
  free: bounty.free,
  context: bounty.context,
  deadline: bounty.deadline && isoTime(bounty.deadline),
  expires_at: isoTime(bounty.expiresAt),
  consensus_count: bounty.places,
  callback_url: bounty.callbackUrl,
  result: bounty.result,
  dispute_reason: bounty.disputeReason,
  settled_at: bounty.settledAt && isoTime(bounty.settledAt),
});

export const taskDetailsView = (
  bounty: Bounty,
  proofs: SubmittedProof[],
  transactions: LedgerTransaction[],
) => ({
  ...taskView(bounty),
  ...(bounty.places > 1 && { consensus: consensusOf(bounty) }),
  proofs: proofs.map(proofView),
  transactions: transactions.flatMap(transactionViews),
});

/** `content` is null for pictures and recordings where they are only listed. */
export const proofView = (proof: SubmittedProof) => ({
  id: `proof_${proof.id}`,
  worker_id: workerId(proof.workerId),
  type: proof.type,
  content: proof.content,
  status: proof.state === 'delivered' ? 'submitted' : proof.state,
  submitted_at: isoTime(proof.submittedAt),
});

function consensusOf({ places, proofsReceived, status, result }: Bounty): Consensus {
  const collecting = status === 'pending' || status === 'in_progress';
  const known = result === null ? 'conflict' : 'reached';
  return {
    required: places,
    received: proofsReceived,
    status: collecting ? 'collecting' : known,
    result,
  };
}

const payees: Readonly<Record<string, string>> = { agent: 'refund', promotion: 'refund', worker: 'payout' };

/** One line for each place that money came from or went to; the task's escrow is the other side of all of them. */
function transactionViews({ id, kind, createdAt, entries }: LedgerTransaction) {
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
export const workerTaskView = (bounty: Bounty, assignment?: Assignment) => ({
  id: bounty.id,
  type: bounty.type,
  status: bounty.status,
  description: bounty.description,
  budget_cents: bounty.budgetCents,
  reward_cents: rewardOf(bounty),
  urgency: bounty.urgency,
  proof_required: bounty.proofRequired,
  context: bounty.context,
  deadline: bounty.deadline && isoTime(bounty.deadline),
  expires_at: isoTime(bounty.expiresAt),
  created_at: isoTime(bounty.createdAt),
  assignment: assignment ? assignmentView(assignment) : null,
});

/** What one worker gets at least when the task is approved, in cents. */
function rewardOf(bounty: Bounty): number {
  const escrow = escrowOf(bounty);
  return Math.floor((escrow - commissionOf(escrow)) / bounty.places);
}

export const assignmentView = (assignment: Assignment) => ({
  id: `asg_${assignment.id}`,
  status: assignment.state === 'delivered' ? 'proof_submitted' : assignment.state,
  earned_cents: assignment.earnedCents,
  accepted_at: isoTime(assignment.acceptedAt),
  submitted_at: assignment.deliveredAt && isoTime(assignment.deliveredAt),
  settled_at: assignment.settledAt && isoTime(assignment.settledAt),
});
