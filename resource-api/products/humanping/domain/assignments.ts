/**
 * The worker's side of a task: taking a place in it, which goes to exactly as many as there are places, and handing
 * in the proof.
 */
import { sqlNow } from '../../../../shared/clock.js';
import { DomainError } from '../../../../shared/errors.js';
import { newId } from '../../../../shared/ids.js';
import { cancelJob } from '../../../../shared/jobs/queue.js';
import { happenedJustNow } from '../../../../shared/repetition.js';
import { inTransaction, type Services } from '../../../../shared/services.js';
import { hashAnswer } from './consensus.js';
import { closeAnswers } from './settlement.js';
import { emitTaskEvent } from './task-events.js';
import { expiryKey, getTask, lockTask, type ProofType, unknownTask } from './tasks.js';

export type AssignmentState = 'accepted' | 'delivered' | 'approved' | 'disputed' | 'expired';

export interface Assignment {
  id: string;
  taskId: string;
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
  taskId: 'bounty_assignments.bounty_id',
  workerId: 'bounty_assignments.worker_id',
  state: 'bounty_assignments.state',
  proofType: 'bounty_assignments.proof_type',
  earnedCents: 'bounty_assignments.earned_cents',
  acceptedAt: 'bounty_assignments.accepted_at',
  deliveredAt: 'bounty_assignments.delivered_at',
  settledAt: 'bounty_assignments.settled_at',
};

export interface WorkRef {
  taskId: string;
  workerId: string;
}

/**
 * Takes a place in a task. Throws `not_found`, `conflict` when no place is left, its time is over or the worker has
 * one already, and `access_denied` for whoever asks themselves. A repetition within a moment gives the same place.
 */
export async function acceptTask(services: Services, { taskId, workerId }: WorkRef): Promise<Assignment> {
  return inTransaction(services, async (tx) => {
    // One statement decides: whoever comes when the places are gone changes nothing.
    const [taken] = await tx
      .db('bounties')
      .where({ id: taskId })
      .whereIn('status', ['pending', 'in_progress'])
      .whereRaw('places_taken < places')
      .where('expires_at', '>', sqlNow(tx))
      .update({ status: 'in_progress', places_taken: tx.db.raw('places_taken + 1') }, ['id']);
    if (!taken) return refuseAcceptance(tx, taskId, workerId);
    await refuseOwnTask(tx, taskId, workerId);
    const [assignment] = await tx
      .db('bounty_assignments')
      .insert({
        id: newId(),
        bounty_id: taskId,
        worker_id: workerId,
        state: 'accepted',
        accepted_at: sqlNow(tx),
      })
      .onConflict(['bounty_id', 'worker_id'])
      .ignore()
      .returning('id');
    if (!assignment) {
      const repeated = await getRepeatedAcceptance(tx, { taskId, workerId });
      await tx.db('bounties').where({ id: taskId }).decrement('places_taken', 1);
      return repeated;
    }
    const task = await getTask(tx, { id: taskId });
    await emitTaskEvent(tx, 'task.accepted', task, { places_taken: task.placesTaken });
    return getAssignment(tx, { taskId, workerId });
  });
}

async function refuseAcceptance(tx: Services, taskId: string, workerId: string): Promise<Assignment> {
  const task = await getTask(tx, { id: taskId });
  const ref = { taskId, workerId };
  if (await findAssignment(tx, ref)) return getRepeatedAcceptance(tx, ref);
  const over = task.status === 'expired' || task.expiresAt <= tx.clock.now();
  throw new DomainError('conflict', {
    message: over ? 'Task has expired' : 'Task has already been taken',
  });
}

/** The place that a worker took a moment ago. Throws `conflict` for one taken before. */
async function getRepeatedAcceptance(tx: Services, ref: WorkRef): Promise<Assignment> {
  const assignment = await getAssignment(tx, ref);
  if (assignment.state === 'accepted' && happenedJustNow(tx, assignment.acceptedAt)) return assignment;
  throw new DomainError('conflict', { message: 'You have already accepted this task' });
}

/** An agent's money is not for its own operator: a free task would pay whoever made it. */
async function refuseOwnTask(tx: Services, taskId: string, workerId: string): Promise<void> {
  const { rows: own } = await tx.db.raw(
    `select 1 from bounties join agents on agents.id = bounties.agent_id, users
     where bounties.id = ? and users.id = ? and users.email = agents.email`,
    [taskId, workerId],
  );
  if (own.length > 0) throw new DomainError('access_denied', { message: 'You cannot take your own task' });
}

export interface Proof {
  type: ProofType;
  content: string;
}

/**
 * Hands in a proof, once. Throws `not_found` when the worker has no place in the task, `validation` for another
 * kind of proof than is wanted, and `conflict` when there is one already or its time is over. The same proof again
 * within a moment reads success.
 */
export async function submitProof(
  services: Services,
  { taskId, workerId }: WorkRef,
  { type, content }: Proof,
): Promise<Assignment> {
  return inTransaction(services, async (tx) => {
    if (!(await findAssignment(tx, { taskId, workerId }))) unknownTask();
    const task = await lockTask(tx, { id: taskId });
    const assignment = await getAssignment(tx, { taskId, workerId });
    if (await isRepeatedProof(tx, assignment, { type, content })) return assignment;
    if (assignment.state === 'expired' || task.expiresAt <= tx.clock.now()) {
      throw new DomainError('conflict', { message: 'Task has expired' });
    }
    if (assignment.state !== 'accepted') {
      throw new DomainError('conflict', { message: 'You have already submitted a proof' });
    }
    if (type !== task.proofRequired) {
      throw new DomainError('validation', {
        field: 'type',
        message: `type must be ${task.proofRequired}: that is the proof this task asks for`,
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
    await tx.db('bounties').where({ id: taskId }).increment('proofs_received', 1);
    const received = { ...task, proofsReceived: task.proofsReceived + 1 };
    if (received.proofsReceived === task.places) {
      await cancelJob(tx, expiryKey(taskId));
      await closeAnswers(tx, received);
    }
    return getAssignment(tx, { taskId, workerId });
  });
}

async function isRepeatedProof(
  tx: Services,
  { id, deliveredAt }: Assignment,
  { type, content }: Proof,
): Promise<boolean> {
  if (!happenedJustNow(tx, deliveredAt)) return false;
  const same = await tx
    .db('bounty_assignments')
    .where({ id, proof_type: type, proof_content: content })
    .first('id');
  return same !== undefined;
}

export function findAssignment(
  services: Services,
  { taskId, workerId }: WorkRef,
): Promise<Assignment | undefined> {
  return services
    .db('bounty_assignments')
    .select(assignmentColumns)
    .where({ bounty_id: taskId, worker_id: workerId })
    .first();
}

/** Throws `not_found`. */
export async function getAssignment(services: Services, ref: WorkRef): Promise<Assignment> {
  return (await findAssignment(services, ref)) ?? unknownTask();
}
