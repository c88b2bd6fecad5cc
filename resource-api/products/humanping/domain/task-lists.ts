/** What is known about work on tasks afterwards: proofs for the agent, history, earnings and trust for the worker. */
import { sqlNow } from '../../../../shared/clock.js';
import type { Services } from '../../../../shared/services.js';
import { type Page, readPage, readRows } from '../../paging.js';
import { type Assignment, type AssignmentState, assignmentColumns } from './assignments.js';
import { type ProofType, type Task, taskColumns } from './tasks.js';

export interface SubmittedProof {
  id: string;
  workerId: string;
  type: ProofType;
  /** null where it was left out. */
  content: string | null;
  state: AssignmentState;
  submittedAt: Date;
}

/** The proofs of a task in the order they came, without the content of pictures and recordings. */
export function listProofs(services: Services, taskId: string): Promise<SubmittedProof[]> {
  return proofsOf(services, taskId).select({
    content: services.db.raw("case when proof_type = 'text' then proof_content end"),
  });
}

/** The same with all their content, some at a time: a proof can weigh more than a page may, and then comes alone. */
export function readProofs(
  services: Services,
  taskId: string,
  { limit, offset }: { limit: number; offset: number },
): Promise<{ items: SubmittedProof[]; hasMore: boolean }> {
  const query = proofsOf(services, taskId).select({ content: 'proof_content' }).offset(offset);
  return readRows<SubmittedProof>(services, query, limit);
}

const proofsOf = (services: Services, taskId: string) =>
  services
    .db('bounty_assignments')
    .where({ bounty_id: taskId })
    .whereNotNull('delivered_at')
    .whereNotNull('proof_content')
    .orderBy(['delivered_at', 'id'])
    .select({
      id: 'id',
      workerId: 'worker_id',
      type: 'proof_type',
      state: 'state',
      submittedAt: 'delivered_at',
    });

export interface WorkerRecord {
  approved: number;
  disputed: number;
  /** approved ÷ (approved + disputed); 1 for who has neither. Two decimals. */
  trustScore: number;
  earnedCents: number;
}

export async function getWorkerRecord(services: Services, workerId: string): Promise<WorkerRecord> {
  const counted = await services
    .db('bounty_assignments')
    .where({ worker_id: workerId })
    .first({
      approved: services.db.raw("count(*) filter (where state = 'approved')"),
      disputed: services.db.raw("count(*) filter (where state = 'disputed')"),
      earnedCents: services.db.raw('coalesce(sum(earned_cents), 0)::bigint'),
    });
  const { approved, disputed, earnedCents } = counted ?? { approved: 0, disputed: 0, earnedCents: 0 };
  const judged = approved + disputed;
  const trustScore = judged === 0 ? 1 : Math.round((approved / judged) * 100) / 100;
  return { approved, disputed, trustScore, earnedCents };
}

/** Tasks with a place left that this worker has not taken, the oldest first. */
export async function listOpenTasks(
  services: Services,
  workerId: string,
  { product, type, limit, after }: { product: string; type?: string; limit: number; after?: string },
): Promise<Page<Task>> {
  const query = services
    .db('bounties')
    .select(taskColumns, 'seq')
    .where({ product })
    .whereIn('status', ['pending', 'in_progress'])
    .whereRaw('places_taken < places')
    .where('expires_at', '>', sqlNow(services))
    .whereNotExists((own) =>
      own
        .from('bounty_assignments')
        .whereRaw('bounty_assignments.bounty_id = bounties.id')
        .where({ worker_id: workerId }),
    )
    .orderBy('seq');
  if (type !== undefined) query.where({ type });
  if (after !== undefined) query.where('seq', '>', readPlace(after));
  return readPage<Task & { seq: number }>(services, query, limit, ({ seq }) => String(seq));
}

/** A place in the order of all tasks; what is none stands before them. */
function readPlace(text: string): number {
  const place = Number(text);
  return Number.isSafeInteger(place) ? place : 0;
}

export interface Work {
  task: Task;
  assignment: Assignment;
}

/** A worker's own work, the newest first; only what is in progress, or only what is over, with `open`. */
export async function listWork(
  services: Services,
  workerId: string,
  { open, limit, after }: { open?: boolean; limit: number; after?: string },
): Promise<Page<Work>> {
  const query = services
    .db('bounty_assignments')
    .select(assignmentColumns)
    .where({ worker_id: workerId })
    .orderBy('id', 'desc');
  if (open === true) query.whereIn('state', openStates);
  if (open === false) query.whereNotIn('state', openStates);
  if (after !== undefined) query.where('id', '<', after);
  const page = await readPage<Assignment>(services, query, limit, ({ id }) => id);
  const tasks: Task[] = await services
    .db('bounties')
    .select(taskColumns)
    .whereIn(
      'id',
      page.items.map(({ taskId }) => taskId),
    );
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const items = page.items.flatMap((assignment) => {
    const task = byId.get(assignment.taskId);
    return task ? [{ task, assignment }] : [];
  });
  return { ...page, items };
}

const openStates: AssignmentState[] = ['accepted', 'delivered'];
