/** The worker's side of tasks: what is open, taking it, handing in the proof, and what it earned. */
import { z } from 'zod';
import { reply } from '../../routing/reply.js';
import { get, post } from '../../routing/route.js';
import { asWorker, pageMembers, paging, readPaging } from './conventions.js';
import { getBounty, unknownBounty } from './domain/bounties.js';
import { getWorkerStanding, listOpenBounties, listWork } from './domain/bounty-records.js';
import { acceptBounty, findAssignment, submitProof } from './domain/bounty-work.js';
import { proofBody, proofBodyLimitBytes } from './proof-content.js';
import { assignmentView, workerTaskView } from './task-views.js';
import { taskType } from './tasks.js';

const listQuery = paging.extend({
  /** `own`: what the worker has taken and is not settled. Without it: that, and then what is open. */
  show: z.enum(['all', 'open', 'own']).default('all'),
  type: taskType.optional(),
});

/** More than anybody works on at a time. */
const ownTasksShown = 100;

export const workRoutes = [
  get('/api/v1/worker/tasks', { ...asWorker, query: listQuery }, async (call) => {
    const { services, product, caller, query } = call;
    const place = readPaging(query);
    if (query.show === 'own') {
      const page = await listWork(services, caller.personId, { ...place, open: true });
      return { tasks: page.items.map(workView), ...pageMembers(page) };
    }
    const first = query.show === 'all' && place.after === undefined;
    const own = first
      ? await listWork(services, caller.personId, { limit: ownTasksShown, open: true })
      : { items: [] };
    const page = await listOpenBounties(services, caller.personId, {
      ...place,
      product: product.id,
      type: query.type,
    });
    const open = page.items.map((bounty) => workerTaskView(bounty));
    return { tasks: [...own.items.map(workView), ...open], ...pageMembers(page) };
  }),
  get('/api/v1/worker/tasks/:id', asWorker, async ({ services, caller, params }) => {
    const ref = { bountyId: params.id, workerId: caller.personId };
    const assignment = await findAssignment(services, ref);
    const bounty = await getBounty(services, { id: params.id });
    const open = bounty.status === 'pending' || bounty.status === 'in_progress';
    if (!assignment && (!open || bounty.placesTaken >= bounty.places)) unknownBounty();
    return { task: workerTaskView(bounty, assignment) };
  }),
  post(
    '/api/v1/worker/tasks/:id/accept',
    { ...asWorker, idempotent: true },
    async ({ services, caller, params }) => {
      const ref = { bountyId: params.id, workerId: caller.personId };
      const assignment = await acceptBounty(services, ref);
      return { task: workerTaskView(await getBounty(services, { id: params.id }), assignment) };
    },
  ),
  post(
    '/api/v1/worker/tasks/:id/proof',
    { ...asWorker, body: proofBody, bodyLimitBytes: proofBodyLimitBytes, idempotent: true },
    async ({ services, caller, params, body }) => {
      const ref = { bountyId: params.id, workerId: caller.personId };
      const assignment = await submitProof(services, ref, body);
      const bounty = await getBounty(services, { id: params.id });
      return reply(201, { task: workerTaskView(bounty, assignment) });
    },
  ),
  get('/api/v1/worker/history', { ...asWorker, query: paging }, async ({ services, caller, query }) => {
    const page = await listWork(services, caller.personId, { ...readPaging(query), open: false });
    const history = page.items.map(({ bounty, assignment }) => ({
      task_id: bounty.id,
      type: bounty.type,
      description: bounty.description,
      ...assignmentView(assignment),
    }));
    return { history, ...pageMembers(page) };
  }),
  get('/api/v1/worker/earnings', asWorker, async ({ services, caller }) => {
    const standing = await getWorkerStanding(services, caller.personId);
    return {
      earned_cents: standing.earnedCents,
      tasks_completed: standing.approved,
      tasks_disputed: standing.disputed,
      trust_score: standing.trustScore,
    };
  }),
];

const workView = ({ bounty, assignment }: Awaited<ReturnType<typeof listWork>>['items'][number]) =>
  workerTaskView(bounty, assignment);
