/** The worker's side of tasks: what is open, taking it, handing in the proof, and what it earned. */
import { z } from 'zod';
import { reply } from '../../routing/reply.js';
import { get, post } from '../../routing/route.js';
import { asWorker, pageMembers, pageSchemas, paging, readPaging } from './conventions.js';
import { acceptTask, findAssignment, submitProof } from './domain/assignments.js';
import { getWorkerRecord, listOpenTasks, listWork } from './domain/task-lists.js';
import { getTask, unknownTask } from './domain/tasks.js';
import { proofBody, proofBodyLimitBytes } from './proof-content.js';
import { assignmentSchema, taskType, workerTaskSchema } from './task-schemas.js';
import { assignmentView, workerTaskView } from './task-views.js';

const listQuery = paging.extend({
  /** `own`: what the worker has taken and is not settled. Without it: that, and then what is open. */
  show: z.enum(['all', 'open', 'own']).default('all'),
  type: taskType.optional(),
});

/** More than anybody works on at a time. */
const ownTasksShown = 100;

export const workRoutes = [
  get(
    '/api/v1/worker/tasks',
    {
      ...asWorker,
      query: listQuery,
      reference: {
        summary: 'List the tasks that the worker has accepted and those that are open.',
        responses: { 200: z.strictObject({ tasks: z.array(workerTaskSchema), ...pageSchemas }) },
      },
    },
    async (call) => {
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
      const page = await listOpenTasks(services, caller.personId, {
        ...place,
        product: product.id,
        type: query.type,
      });
      const open = page.items.map((task) => workerTaskView(task));
      return { tasks: [...own.items.map(workView), ...open], ...pageMembers(page) };
    },
  ),
  get(
    '/api/v1/worker/tasks/:id',
    {
      ...asWorker,
      reference: { summary: 'Get a task.', responses: { 200: z.strictObject({ task: workerTaskSchema }) } },
    },
    async ({ services, caller, params }) => {
      const ref = { taskId: params.id, workerId: caller.personId };
      const assignment = await findAssignment(services, ref);
      const task = await getTask(services, { id: params.id });
      const open = task.status === 'pending' || task.status === 'in_progress';
      if (!assignment && (!open || task.placesTaken >= task.places)) unknownTask();
      return { task: workerTaskView(task, assignment) };
    },
  ),
  post(
    '/api/v1/worker/tasks/:id/accept',
    {
      ...asWorker,
      idempotent: true,
      reference: {
        summary: 'Accept a task.',
        responses: { 200: z.strictObject({ task: workerTaskSchema }) },
        errors: ['conflict', 'access_denied'],
      },
    },
    async ({ services, caller, params }) => {
      const ref = { taskId: params.id, workerId: caller.personId };
      const assignment = await acceptTask(services, ref);
      return { task: workerTaskView(await getTask(services, { id: params.id }), assignment) };
    },
  ),
  post(
    '/api/v1/worker/tasks/:id/proof',
    {
      ...asWorker,
      body: proofBody,
      bodyLimitBytes: proofBodyLimitBytes,
      idempotent: true,
      reference: {
        summary: 'Submit the proof of a task.',
        responses: { 201: z.strictObject({ task: workerTaskSchema }) },
        errors: ['conflict'],
      },
    },
    async ({ services, caller, params, body }) => {
      const ref = { taskId: params.id, workerId: caller.personId };
      const assignment = await submitProof(services, ref, body);
      const task = await getTask(services, { id: params.id });
      return reply(201, { task: workerTaskView(task, assignment) });
    },
  ),
  get(
    '/api/v1/worker/history',
    {
      ...asWorker,
      query: paging,
      reference: {
        summary: 'List the tasks of the worker that are over.',
        responses: {
          200: z.strictObject({
            history: z.array(
              assignmentSchema.extend({ task_id: z.string(), type: z.string(), description: z.string() }),
            ),
            ...pageSchemas,
          }),
        },
      },
    },
    async ({ services, caller, query }) => {
      const page = await listWork(services, caller.personId, { ...readPaging(query), open: false });
      const history = page.items.map(({ task, assignment }) => ({
        task_id: task.id,
        type: task.type,
        description: task.description,
        ...assignmentView(assignment),
      }));
      return { history, ...pageMembers(page) };
    },
  ),
  get(
    '/api/v1/worker/earnings',
    {
      ...asWorker,
      reference: {
        summary: 'Get what the worker has earned.',
        responses: {
          200: z.strictObject({
            earned_cents: z.int(),
            tasks_completed: z.int(),
            tasks_disputed: z.int(),
            trust_score: z.number(),
          }),
        },
      },
    },
    async ({ services, caller }) => {
      const standing = await getWorkerRecord(services, caller.personId);
      return {
        earned_cents: standing.earnedCents,
        tasks_completed: standing.approved,
        tasks_disputed: standing.disputed,
        trust_score: standing.trustScore,
      };
    },
  ),
];

const workView = ({ task, assignment }: Awaited<ReturnType<typeof listWork>>['items'][number]) =>
  workerTaskView(task, assignment);
