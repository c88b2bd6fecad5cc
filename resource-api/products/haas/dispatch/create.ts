/**
 * Dispatching: who gets the task, whether they can, and whether the account may have one more. The account is locked
 * while its open tasks are counted, so however many calls come at once, a plan's limit is met exactly.
 *
 * The grant behind a task is held until it is stored. Whoever revokes it meanwhile waits, and then finds the task
 * among those to be cancelled: no task can outlive its consent unseen.
 */
import { randomInt } from 'node:crypto';
import { sqlNow } from '../../../../shared/clock.js';
import { base62 } from '../../../../shared/crypto/key-format.js';
import { DomainError } from '../../../../shared/errors.js';
import type { Human } from '../../../../shared/identity/people/humans.js';
import { personSubject } from '../../../../shared/ids.js';
import { enqueueJob } from '../../../../shared/jobs/queue.js';
import { inTransaction, type Services } from '../../../../shared/services.js';
import {
  checkPlan,
  getConsentingHuman,
  getHuman,
  getSimulatedHuman,
  listConsentingIds,
  lockGrant,
  type Reach,
} from '../domain/reachable-humans.js';
import { type Candidate, listCandidates } from './candidates.js';
import { checkFitness } from './fitness.js';
import { type Task, type TaskOwner, type TaskText, taskColumns, tasksOf, terminalStatuses } from './task.js';

/** Who dispatches, by which credential. */
export interface Dispatcher extends Reach, Pick<TaskOwner, 'environment'> {
  keyId: string | null;
  clientId: string | null;
  /** The grant and the human of an access token, which can dispatch to nobody else. */
  token?: { grantId: string; humanId: string };
  /** Open tasks that the plan allows at a time. */
  concurrentTasks: number;
}

export interface NewTask extends TaskText {
  /** undefined: whoever fits best. */
  humanId?: string;
  /** The app's own name for who asks; its credential's id without it. */
  requesterId?: string;
}

/** The scope under which tasks are sent. */
const dispatchScope = 'tasks:dispatch';

/**
 * Creates a task for a human. Throws `not_found`, `consent_required`, `plan_limit`, `concurrent_tasks_exceeded`,
 * and for the human's part `human_unavailable`, `human_making_tea`, `human_on_break` and `human_unsuited`.
 */
export async function createTask(services: Services, by: Dispatcher, task: NewTask): Promise<Task> {
  return inTransaction(services, async (tx) => {
    const chosen = await chooseHuman(tx, by, task);
    const room = await lockRoom(tx, by);
    if (room < 1) throw tooMany(by);
    return store(tx, by, task, chosen);
  });
}

/** Creates several, each for itself: in the place of one that cannot be stands why. */
export async function createTasks(
  services: Services,
  by: Dispatcher,
  tasks: readonly NewTask[],
): Promise<(Task | DomainError)[]> {
  return inTransaction(services, async (tx) => {
    const outcomes: (Task | DomainError)[] = [];
    const chosen = [];
    for (const task of tasks) chosen.push(await orProblem(() => chooseHuman(tx, by, task)));
    let room = await lockRoom(tx, by);
    for (const [index, task] of tasks.entries()) {
      const choice = chosen[index];
      if (choice === undefined || choice instanceof DomainError) outcomes.push(choice ?? tooMany(by));
      else if (room < 1) outcomes.push(tooMany(by));
      else {
        outcomes.push(await store(tx, by, task, choice));
        room -= 1;
      }
    }
    return outcomes;
  });
}

async function orProblem<T>(work: () => Promise<T>): Promise<T | DomainError> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
}

interface Choice {
  human: Human;
  grantId: string | null;
}

async function chooseHuman(tx: Services, by: Dispatcher, task: NewTask): Promise<Choice> {
  const choice = await findNamed(tx, by, task);
  if (choice) checkFitness(choice.human, task, by.environment, tx.clock.now());
  const chosen = choice ?? (await match(tx, by, task));
  if (chosen.grantId !== null) await lockGrant(tx, chosen.grantId);
  return chosen;
}

/** The human whom the app, or its token, names. */
async function findNamed(tx: Services, by: Dispatcher, task: NewTask): Promise<Choice | undefined> {
  if (by.token) {
    const { humanId, grantId } = by.token;
    if (task.humanId !== undefined && task.humanId !== humanId) {
      throw new DomainError('not_found', { subject: 'human' });
    }
    await checkPlan(tx, by, humanId);
    return { human: await getHuman(tx, humanId), grantId };
  }
  if (task.humanId === undefined) return undefined;
  if (by.environment === 'test') return { human: await getSimulatedHuman(tx, task.humanId), grantId: null };
  const { human, grant } = await getConsentingHuman(tx, by, task.humanId, dispatchScope);
  return { human, grantId: grant.id };
}

/** Whoever fits best among those within reach. */
async function match(tx: Services, by: Dispatcher, task: NewTask): Promise<Choice> {
  const among = by.environment === 'test' ? 'simulated' : await listConsentingIds(tx, by, dispatchScope);
  if (among.length === 0) {
    throw new DomainError('consent_required', {
      needed: dispatchScope,
      message: `No human has given your app the scope ${dispatchScope} yet. Send one to /authorize with it.`,
      details: { required_scope: dispatchScope },
    });
  }
  const [best] = await listCandidates(tx, { accountId: by.accountId, among, skills: task.skills });
  if (!best) {
    throw new DomainError('human_unavailable', {
      message: 'No human who can do this is available right now.',
      retryAfterSeconds: 300,
      details: {
        details: { reason: 'nobody_available' },
        suggestion: 'Ask for fewer skills, or try again later.',
      },
    });
  }
  checkFitness(best, task, by.environment, tx.clock.now());
  return { human: best, grantId: await findGrantId(tx, by, best) };
}

async function findGrantId(tx: Services, by: Dispatcher, human: Candidate): Promise<string | null> {
  if (by.environment === 'test') return null;
  return (await getConsentingHuman(tx, by, human.id, dispatchScope)).grant.id;
}

/** Locks the account's tasks and counts how many more it may have. */
async function lockRoom(tx: Services, { accountId, product, concurrentTasks }: Dispatcher): Promise<number> {
  await tx.db.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`tasks:${product}:${accountId}`]);
  // A statement of its own: it sees what whoever held the lock before us has stored.
  const row = await tx
    .db('dispatched_tasks')
    .where({ account_id: accountId, product })
    .whereNotIn('status', [...terminalStatuses])
    .count({ open: '*' })
    .first();
  return concurrentTasks - Number(row?.open ?? 0);
}

const tooMany = ({ concurrentTasks }: Dispatcher): DomainError =>
  new DomainError('concurrent_tasks_exceeded', {
    message: `Your plan allows ${concurrentTasks} open tasks at a time. Wait until one is done, or cancel one.`,
    retryAfterSeconds: 60,
    details: {
      concurrent_tasks: concurrentTasks,
      retry_after: 60,
      suggestion: 'Consider upgrading your plan.',
    },
  });

async function store(tx: Services, by: Dispatcher, task: NewTask, choice: Choice): Promise<Task> {
  const { accountId, product, environment, keyId, clientId } = by;
  const id = `task_${randomName()}`;
  await tx.db('dispatched_tasks').insert({
    id,
    account_id: accountId,
    product,
    environment,
    key_id: keyId,
    client_id: clientId,
    grant_id: choice.grantId,
    requester_id: task.requesterId ?? keyId ?? clientId ?? personSubject(accountId),
    human_id: choice.human.id,
    type: task.type,
    priority: task.priority,
    title: task.title,
    description: task.description,
    skills: task.skills,
    deadline: task.deadline,
    estimated_seconds: task.estimatedSeconds,
    amount_cents: task.amountCents,
    currency: task.currency,
    bonus_eligible: task.bonusEligible,
    attachments: JSON.stringify(task.attachments),
    metadata: JSON.stringify(task.metadata),
    created_at: sqlNow(tx),
    updated_at: sqlNow(tx),
  });
  if (environment === 'test') {
    await enqueueJob(tx, 'simulation.step', { taskId: id, step: 0 }, { jobKey: storyKey(id) });
  } else {
    await enqueueJob(tx, 'dispatch.offer', { taskId: id });
  }
  if (task.deadline) await enqueueJob(tx, 'dispatch.expire', { taskId: id }, { runAt: task.deadline });
  return tasksOf(tx, by).where({ id }).first(taskColumns);
}

/** The job under which a simulated human's next step waits. */
export const storyKey = (taskId: string): string => `story:${taskId}`;

/** 71 random bits, in the alphabet of the documented sample. */
function randomName(): string {
  return Array.from({ length: 12 }, () => base62[randomInt(base62.length)]).join('');
}
