/** The customer's side of tasks: making them, watching them, and saying what becomes of the money. */
import { z } from 'zod';
import type { Services } from '../../../shared/services.js';
import { parseWebhookUrl } from '../../../shared/webhooks/addresses.js';
import { freeForm, text, visibleText } from '../../body/member-schemas.js';
import { reply } from '../../routing/reply.js';
import { get, post } from '../../routing/route.js';
import { asAgent } from './conventions.js';
import { listTransactions } from './domain/ledger.js';
import { approveTask, disputeTask } from './domain/settlement.js';
import { listProofs, readProofs } from './domain/task-lists.js';
import { createTask, getTask, listTasks, type Task } from './domain/tasks.js';
import {
  createdTaskSchema,
  proofSchema,
  proofTypes,
  taskDetailsSchema,
  taskSchema,
  taskStatuses,
  taskType,
} from './task-schemas.js';
import { createdTaskView, proofView, taskDetailsView, taskView } from './task-views.js';

const newTask = z.strictObject({
  description: visibleText(1, 5000),
  /** Whole cents; at most ten thousand dollars. */
  budget_cents: z.int().min(1).max(1_000_000),
  type: taskType.default('custom'),
  urgency: z.enum(['instant', 'urgent', 'standard', 'flex', 'scheduled']).default('standard'),
  proof_required: z.enum(proofTypes).default('text'),
  deadline: z.string().max(40).nullish(),
  context: freeForm.nullish(),
  consensus_count: z.int().min(1).max(20).default(1),
  callback_url: z.string().nullish(),
});

const listQuery = z.object({
  status: z.enum(taskStatuses).optional(),
  type: taskType.optional(),
  limit: z.coerce.number().int().min(1).max(100).default(50),
  offset: z.coerce.number().int().min(0).max(100_000).default(0),
});

/** Few at a time: each may be a picture of 5 MB. */
const proofQuery = z.object({
  limit: z.coerce.number().int().min(1).max(5).default(5),
  offset: z.coerce.number().int().min(0).max(100).default(0),
});

const approval = z.strictObject({ override_result: text(1, 5000).nullish() });
const dispute = z.strictObject({ reason: text(0, 2000).nullish() });

async function describe(services: Services, task: Task) {
  const proofs = await listProofs(services, task.id);
  const transactions = await listTransactions(services, task.id);
  return { task: taskDetailsView(task, proofs, transactions) };
}

export const taskRoutes = [
  post(
    '/api/v1/tasks',
    {
      ...asAgent,
      limits: ['taskCreation'],
      body: newTask,
      idempotent: true,
      reference: {
        summary: 'Create a task.',
        responses: { 201: z.strictObject({ task: createdTaskSchema }) },
        errors: ['insufficient_balance'],
      },
    },
    async ({ services, product, caller, body, address }) => {
      const { callback_url: url } = body;
      const task = await createTask(services, caller.accountId, {
        product: product.id,
        type: body.type,
        description: body.description,
        budgetCents: body.budget_cents,
        urgency: body.urgency,
        proofRequired: body.proof_required,
        context: body.context ?? {},
        deadline: body.deadline ?? undefined,
        places: body.consensus_count,
        address,
        callbackUrl: url ? parseWebhookUrl(services.config, url, 'callback_url') : undefined,
      });
      return reply(201, { task: createdTaskView(task) });
    },
  ),
  get(
    '/api/v1/tasks',
    {
      ...asAgent,
      query: listQuery,
      reference: {
        summary: 'List tasks, the newest first.',
        responses: {
          200: z.strictObject({
            tasks: z.array(taskSchema),
            limit: z.int(),
            offset: z.int(),
            has_more: z.boolean(),
          }),
        },
      },
    },
    async ({ services, caller, query }) => {
      const { limit, offset } = query;
      const { items, hasMore } = await listTasks(services, caller.accountId, query);
      // A page that is full by its bytes says how many it has, so that offset + limit is where the next one begins.
      return {
        tasks: items.map(taskView),
        limit: hasMore ? items.length : limit,
        offset,
        has_more: hasMore,
      };
    },
  ),
  get(
    '/api/v1/tasks/:id',
    {
      ...asAgent,
      reference: {
        summary: 'Get a task with its proofs and transactions.',
        responses: { 200: z.strictObject({ task: taskDetailsSchema }) },
      },
    },
    async ({ services, caller, params }) => {
      const task = await getTask(services, { id: params.id, agentId: caller.accountId });
      return describe(services, task);
    },
  ),
  get(
    '/api/v1/tasks/:id/proof',
    {
      ...asAgent,
      query: proofQuery,
      reference: {
        summary: 'List the proofs of a task with their content.',
        responses: {
          200: z.strictObject({ task_id: z.string(), proofs: z.array(proofSchema), has_more: z.boolean() }),
        },
      },
    },
    async (call) => {
      const { services, caller, params, query } = call;
      const { id } = await getTask(services, { id: params.id, agentId: caller.accountId });
      const { items, hasMore } = await readProofs(services, id, query);
      return { task_id: id, proofs: items.map(proofView), has_more: hasMore };
    },
  ),
  post(
    '/api/v1/tasks/:id/approve',
    {
      ...asAgent,
      body: approval,
      idempotent: true,
      reference: {
        summary: 'Approve the proofs of a task and pay the workers.',
        responses: { 200: z.strictObject({ task: taskDetailsSchema }) },
        errors: ['conflict'],
      },
    },
    async ({ services, caller, params, body }) => {
      const ref = { id: params.id, agentId: caller.accountId };
      const overrideResult = body.override_result ?? undefined;
      const task = await approveTask(services, ref, { overrideResult });
      return describe(services, task);
    },
  ),
  post(
    '/api/v1/tasks/:id/dispute',
    {
      ...asAgent,
      body: dispute,
      idempotent: true,
      reference: {
        summary: 'Dispute the proofs of a task and get the budget back.',
        responses: { 200: z.strictObject({ task: taskDetailsSchema }) },
        errors: ['conflict'],
      },
    },
    async ({ services, caller, params, body }) => {
      const ref = { id: params.id, agentId: caller.accountId };
      const task = await disputeTask(services, ref, { reason: body.reason ?? undefined });
      return describe(services, task);
    },
  ),
];
