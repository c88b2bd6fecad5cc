/**
 * Tasks with money behind them. Making one takes a free task if the agent has one left, or else the budget from its
 * balance, into the task's escrow; the agent's row is the lock under which that is decided.
 */
import { sqlNow } from '../../../../shared/clock.js';
import { DomainError } from '../../../../shared/errors.js';
import { shortId } from '../../../../shared/ids.js';
import { enqueueJob } from '../../../../shared/jobs/queue.js';
import { inTransaction, type Services } from '../../../../shared/services.js';
import { readRows } from '../../paging.js';
import { longestDeadlineMs, parseDeadline } from './deadline.js';
import { takeUnclaimedFreeTask } from './free-tasks.js';
import { accountOf, postTransaction } from './ledger.js';

export type ProofType = 'text' | 'photo' | 'video' | 'audio';

export type TaskStatus = 'pending' | 'in_progress' | 'proof_submitted' | 'completed' | 'disputed' | 'expired';

export interface Task {
  id: string;
  agentId: string;
  product: string;
  type: string;
  status: TaskStatus;
  description: string;
  budgetCents: number;
  /** It took one of the agent's free tasks: the house pays for it. */
  free: boolean;
  urgency: string;
  proofRequired: ProofType;
  context: Record<string, unknown>;
  /** As the agent wanted it; null when it said nothing. */
  deadline: Date | null;
  expiresAt: Date;
  /** How many answers are wanted, are being worked on or there, and are there. */
  places: number;
  placesTaken: number;
  proofsReceived: number;
  callbackUrl: string | null;
  /** What several answers come to, or what the agent decided. */
  result: string | null;
  disputeReason: string | null;
  createdAt: Date;
  settledAt: Date | null;
}

export const taskColumns = {
  id: 'bounties.id',
  agentId: 'bounties.agent_id',
  product: 'bounties.product',
  type: 'bounties.type',
  status: 'bounties.status',
  description: 'bounties.description',
  budgetCents: 'bounties.budget_cents',
  free: 'bounties.free',
  urgency: 'bounties.urgency',
  proofRequired: 'bounties.proof_required',
  context: 'bounties.context',
  deadline: 'bounties.deadline',
  expiresAt: 'bounties.expires_at',
  places: 'bounties.places',
  placesTaken: 'bounties.places_taken',
  proofsReceived: 'bounties.proofs_received',
  callbackUrl: 'bounties.callback_url',
  result: 'bounties.result',
  disputeReason: 'bounties.dispute_reason',
  createdAt: 'bounties.created_at',
  settledAt: 'bounties.settled_at',
};

export interface NewTask {
  product: string;
  type: string;
  description: string;
  budgetCents: number;
  urgency: string;
  proofRequired: ProofType;
  context: Record<string, unknown>;
  /** As the agent wrote it. */
  deadline?: string;
  places: number;
  callbackUrl?: string;
  /** The IP address of the request, where there is one. */
  address?: string;
}

/** What the house puts at most into the escrow of a free task, in cents. */
const largestFreeEscrow = 1_000;

/** What lies in a task's escrow until it is settled, in cents. */
export const escrowOf = ({ free, budgetCents }: Pick<Task, 'free' | 'budgetCents'>): number =>
  free ? Math.min(budgetCents, largestFreeEscrow) : budgetCents;

/** Makes a task and locks its funds. Throws `validation`, `not_found` for the agent, and `insufficient_balance`. */
export async function createTask(services: Services, agentId: string, input: NewTask): Promise<Task> {
  if (input.places > input.budgetCents) {
    throw new DomainError('validation', {
      field: 'budget_cents',
      message: 'budget_cents must have at least one cent for each answer',
    });
  }
  const nowMs = services.clock.ms();
  const deadline = input.deadline === undefined ? null : parseDeadline(input.deadline, nowMs);
  const expiresAt = deadline ?? new Date(nowMs + longestDeadlineMs);
  const id = `task_${shortId(12)}`;
  return inTransaction(services, async (tx) => {
    const free = await takeFunds(tx, agentId, input);
    await tx.db('bounties').insert({
      id,
      agent_id: agentId,
      product: input.product,
      type: input.type,
      status: 'pending',
      description: input.description,
      budget_cents: input.budgetCents,
      free,
      urgency: input.urgency,
      proof_required: input.proofRequired,
      context: JSON.stringify(input.context),
      deadline,
      expires_at: expiresAt,
      places: input.places,
      callback_url: input.callbackUrl ?? null,
      created_at: sqlNow(tx),
    });
    const cents = escrowOf({ free, budgetCents: input.budgetCents });
    await postTransaction(tx, {
      kind: 'escrow',
      taskId: id,
      entries: [
        { account: free ? accountOf.promotion : accountOf.agent(agentId), amountCents: -cents },
        { account: accountOf.escrow(id), amountCents: cents },
      ],
    });
    await enqueueJob(tx, 'bounties.expire', { bountyId: id }, { runAt: expiresAt, jobKey: expiryKey(id) });
    return getTask(tx, { id });
  });
}

export const expiryKey = (taskId: string): string => `bounties.expire:${taskId}`;

/**
 * Takes a free task, or else the budget out of the balance; tells which. A free task of an agent that nobody claimed
 * also counts against its network address (free-tasks.ts).
 */
async function takeFunds(
  tx: Services,
  agentId: string,
  { budgetCents, address }: Pick<NewTask, 'budgetCents' | 'address'>,
): Promise<boolean> {
  const agent = await tx
    .db('agents')
    .where({ id: agentId })
    .forUpdate()
    .first('free_tasks_remaining', 'balance_cents', 'claimed_at', 'registered_from');
  if (!agent) throw new DomainError('not_found', { subject: 'agent', message: 'Agent not found' });
  const left = agent.free_tasks_remaining > 0;
  const free =
    left &&
    (agent.claimed_at !== null || (await takeUnclaimedFreeTask(tx, [address, agent.registered_from])));
  if (!free && agent.balance_cents < budgetCents) {
    throw new DomainError('insufficient_balance', left ? { message: freeTasksUsedUp } : {});
  }
  await tx
    .db('agents')
    .where({ id: agentId })
    .decrement(free ? { free_tasks_remaining: 1 } : { balance_cents: budgetCents });
  return free;
}

const freeTasksUsedUp =
  'Insufficient balance: the free tasks of unclaimed agents at this network address are used up for today';

/** With `agentId`, another agent's task is as good as none. Throws `not_found`. */
export async function getTask(
  services: Services,
  { id, agentId }: { id: string; agentId?: string },
): Promise<Task> {
  const query = services.db('bounties').select(taskColumns).where({ 'bounties.id': id });
  if (agentId !== undefined) query.where({ agent_id: agentId });
  return (await query.first()) ?? unknownTask();
}

/** The same with its row locked until the transaction ends: whoever changes a task's state holds this lock. */
export async function lockTask(
  tx: Services,
  { id, agentId }: { id: string; agentId?: string },
): Promise<Task> {
  const query = tx.db('bounties').select(taskColumns).where({ 'bounties.id': id });
  if (agentId !== undefined) query.where({ agent_id: agentId });
  return (await query.forUpdate().first()) ?? unknownTask();
}

export function unknownTask(): never {
  throw new DomainError('not_found', { subject: 'task', message: 'Task not found' });
}

/** Takes the callback URLs out of an agent's tasks: whoever claimed the agent did not set them. */
export async function forgetCallbacks(tx: Services, agentId: string): Promise<void> {
  await tx
    .db('bounties')
    .where({ agent_id: agentId })
    .whereNotNull('callback_url')
    .update({ callback_url: null });
}

export interface TaskFilter {
  status?: TaskStatus;
  type?: string;
  limit: number;
  offset: number;
}

/** An agent's tasks, the newest first; one more than `limit` when there are more. */
export async function listTasks(
  services: Services,
  agentId: string,
  { status, type, limit, offset }: TaskFilter,
): Promise<{ items: Task[]; hasMore: boolean }> {
  const query = services
    .db('bounties')
    .select(taskColumns)
    .where({ agent_id: agentId })
    .orderBy('seq', 'desc')
    .offset(offset);
  if (status !== undefined) query.where({ status });
  if (type !== undefined) query.where({ type });
  return readRows<Task>(services, query, limit);
}
