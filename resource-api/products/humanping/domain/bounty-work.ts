/**
 * The worker's side of a task: taking a place in it, which goes to exactly as many as there are places, and handing
 * in the proof.
 */
import { sqlNow } from '../../../../shared/clock.js';
import { DomainError } from '../../../../shared/errors.js';
import { newId } from '../../../../shared/ids.js';
import { cancelJob } from '../../../../shared/jobs/queue.js';
import { inTransaction, type Services } from '../../../../shared/services.js';
import { expiryKey, getBounty, lockBounty, type ProofType, unknownBounty } from './bounties.js';
import { emitBountyEvent } from './bounty-events.js';
import { closeAnswers } from './bounty-settlement.js';
import { hashAnswer } from './consensus.js';

export type AssignmentState = 'accepted' | 'delivered' | 'approved' | 'disputed' | 'expired';

export interface Assignment {
  id: string;
  bountyId: string;
  workerId: string;
  state: AssignmentState;
  proofType: ProofType | null;
  earnedCents: number;
  acceptedAt: Date;
  deliveredAt: Date | null;
  settledAt: Date | null;
}

export const assignmentColumns = {
  id: 'bounty_assignments.id',
  bountyId: 'bounty_assignments.bounty_id',
  workerId: 'bounty_assignments.worker_id',
  state: 'bounty_assignments.state',
  proofType: 'bounty_assignments.proof_type',
  earnedCents: 'bounty_assignments.earned_cents',
  acceptedAt: 'bounty_assignments.accepted_at',
  deliveredAt: 'bounty_assignments.delivered_at',
  settledAt: 'bounty_assignments.settled_at',
};

export interface WorkRef {
  bountyId: string;
  workerId: string;
}

/**
 * Takes a place in a task. Throws `not_found`, `conflict` when no place is left, its time is over or the worker has
 * one already, and `access_denied` for whoever asks themselves.
 */
export async function acceptBounty(services: Services, { bountyId, workerId }: WorkRef): Promise<Assignment> {
  return inTransaction(services, async (tx) => {
    // One statement decides: whoever comes when the places are gone changes nothing.
    const [taken] = await tx
      .db('bounties')
      .where({ id: bountyId })
      .whereIn('status', ['pending', 'in_progress'])
      .whereRaw('places_taken < places')
      .where('expires_at', '>', sqlNow(tx))
      .update({ status: 'in_progress', places_taken: tx.db.raw('places_taken + 1') }, ['id']);
    if (!taken) return refuseAcceptance(tx, bountyId, workerId);
    await refuseOwnBounty(tx, bountyId, workerId);
    const [assignment] = await tx
      .db('bounty_assignments')
      .insert({
        id: newId(),
        bounty_id: bountyId,
        worker_id: workerId,
        state: 'accepted',
        accepted_at: sqlNow(tx),
      })
      .onConflict(['bounty_id', 'worker_id'])
      .ignore()
      .returning('id');
    if (!assignment) throw alreadyAccepted();
    const bounty = await getBounty(tx, { id: bountyId });
    await emitBountyEvent(tx, 'task.accepted', bounty, { places_taken: bounty.placesTaken });
    return getAssignment(tx, { bountyId, workerId });
  });
}

async function refuseAcceptance(tx: Services, bountyId: string, workerId: string): Promise<never> {
  const bounty = await getBounty(tx, { id: bountyId });
  if (await findAssignment(tx, { bountyId, workerId })) throw alreadyAccepted();
  const over = bounty.status === 'expired' || bounty.expiresAt <= tx.clock.now();
  throw new DomainError('conflict', {
    message: over ? 'Task has expired' : 'Task has already been taken',
  });
}

const alreadyAccepted = () => new DomainError('conflict', { message: 'You have already accepted this task' });

/** An agent's money is not for its own operator: a free task would pay whoever made it. */
async function refuseOwnBounty(tx: Services, bountyId: string, workerId: string): Promise<void> {
  const { rows: own } = await tx.db.raw(
    `select 1 from bounties join agents on agents.id = bounties.agent_id, users
     where bounties.id = ? and users.id = ? and lower(users.email) = lower(agents.email)`,
    [bountyId, workerId],
  );
  if (own.length > 0) throw new DomainError('access_denied', { message: 'You cannot take your own task' });
}

export interface Proof {
  type: ProofType;
  content: string;
}

/**
 * Hands in a proof, once. Throws `not_found` when the worker has no place in the task, `validation` for another
 * kind of proof than is wanted, and `conflict` when there is one already or its time is over.
 */
export async function submitProof(
  services: Services,
  { bountyId, workerId }: WorkRef,
  { type, content }: Proof,
): Promise<Assignment> {
  return inTransaction(services, async (tx) => {
    if (!(await findAssignment(tx, { bountyId, workerId }))) unknownBounty();
    const bounty = await lockBounty(tx, { id: bountyId });
    const assignment = await getAssignment(tx, { bountyId, workerId });
    if (assignment.state === 'expired' || bounty.expiresAt <= tx.clock.now()) {
      throw new DomainError('conflict', { message: 'Task has expired' });
    }
    if (assignment.state !== 'accepted') {
      throw new DomainError('conflict', { message: 'You have already submitted a proof' });
    }
    if (type !== bounty.proofRequired) {
      throw new DomainError('validation', {
        field: 'type',
        message: `type must be ${bounty.proofRequired}: that is the proof this task asks for`,
      });
    }
    await tx
      .db('bounty_assignments')
      .where({ id: assignment.id })
      .update({
        state: 'delivered',
        proof_type: type,
        proof_content: content,
        answer_hash: hashAnswer(type, content),
        delivered_at: sqlNow(tx),
      });
    await tx.db('bounties').where({ id: bountyId }).increment('proofs_received', 1);
    const received = { ...bounty, proofsReceived: bounty.proofsReceived + 1 };
    if (received.proofsReceived === bounty.places) {
      await cancelJob(tx, expiryKey(bountyId));
      await closeAnswers(tx, received);
    }
    return getAssignment(tx, { bountyId, workerId });
  });
}

export function findAssignment(
  services: Services,
  { bountyId, workerId }: WorkRef,
): Promise<Assignment | undefined> {
  return services
    .db('bounty_assignments')
    .select(assignmentColumns)
    .where({ bounty_id: bountyId, worker_id: workerId })
    .first();
}

/** Throws `not_found`. */
export async function getAssignment(services: Services, ref: WorkRef): Promise<Assignment> {
  return (await findAssignment(services, ref)) ?? unknownBounty();
}
