/** Tasks as apps send, read and take them back. */
import { z } from 'zod';
import { DomainError } from '../../../shared/errors.js';
import { publicError } from '../../../shared/products/product.js';
import { reply } from '../../routing/reply.js';
import { accessToken, apiKey, type Call, get, post } from '../../routing/route.js';
import { type AppCaller, dispatcherOf, readHumanId, taskOwnerOf } from './access.js';
import { cancelTask, cancelTasks } from './dispatch/cancel.js';
import { clarifyTask } from './dispatch/clarify.js';
import { createTask, createTasks } from './dispatch/create.js';
import { listTasks } from './dispatch/list.js';
import { getTask } from './dispatch/task.js';
import { errorSchema } from './error-schema.js';
import {
  batch,
  bulkCancellation,
  cancellation,
  clarification,
  newTask,
  readTask,
  taskQuery,
} from './task-schemas.js';
import { pageSchemas, pageView, taskSchema, taskView } from './task-view.js';

const dispatchers = [apiKey(), accessToken('tasks:dispatch')] as const;
const readers = [apiKey(), accessToken('tasks:read')] as const;

const dispatchErrors = [
  'access_denied',
  'not_found',
  'consent_required',
  'plan_limit',
  'concurrent_tasks_exceeded',
  'human_making_tea',
  'human_on_break',
  'human_unavailable',
  'human_unsuited',
] as const;

const batchSchema = z.strictObject({
  object: z.literal('batch'),
  results: z.array(
    z.union([
      z.strictObject({ status: z.literal(201), task: taskSchema }),
      errorSchema.extend({ status: z.int() }),
    ]),
  ),
});

const isTest = ({ caller }: Pick<Call<AppCaller>, 'caller'>): boolean =>
  caller.kind === 'apiKey' && caller.environment === 'test';

export const taskRoutes = [
  post(
    '/v1/tasks',
    {
      by: dispatchers,
      body: newTask,
      idempotent: true,
      reference: {
        summary: 'Send a task to a human.',
        responses: { 201: taskSchema },
        errors: dispatchErrors,
      },
    },
    async (call) => {
      const { services, body } = call;
      const wanted = readTask(body, services.clock.now(), isTest(call));
      const task = await createTask(services, dispatcherOf(call), wanted);
      return reply(201, taskView(task), { Location: `${call.baseUrl}/v1/tasks/${task.id}` });
    },
  ),

  post(
    '/v1/tasks/batch',
    {
      by: dispatchers,
      body: batch,
      idempotent: true,
      reference: {
        summary: 'Send up to 25 tasks, each with a result of its own.',
        responses: { 200: batchSchema },
        errors: ['access_denied', 'not_found'],
      },
    },
    async (call) => {
      const { services, product, body, requestId } = call;
      const now = services.clock.now();
      const wanted = body.tasks.map((task, index) => readTask(task, now, isTest(call), `tasks.${index}.`));
      const outcomes = await createTasks(services, dispatcherOf(call), wanted);
      const results = outcomes.map((outcome) => {
        if (!(outcome instanceof DomainError)) return { status: 201, task: taskView(outcome) };
        const shown = publicError(product, outcome, requestId);
        return { status: shown.status, ...(product.envelope(shown) as object) };
      });
      return { object: 'batch', results };
    },
  ),

  post(
    '/v1/tasks/cancel',
    {
      by: dispatchers,
      body: bulkCancellation,
      reference: {
        summary: 'Cancel several tasks.',
        responses: {
          200: z.strictObject({ object: z.literal('list'), cancelled: z.int(), data: z.array(taskSchema) }),
        },
        errors: ['access_denied'],
      },
    },
    async (call) => {
      const { services, caller, body, address, userAgent, requestId } = call;
      const { task_ids: taskIds, key_id: keyId, since, message } = body;
      const cancelled = await cancelTasks(
        services,
        taskOwnerOf(call),
        { taskIds, keyId, since, message },
        {
          ...(caller.kind === 'apiKey'
            ? ({ kind: 'key', id: caller.keyId } as const)
            : ({ kind: 'client', id: caller.clientId } as const)),
          address,
          userAgent,
          requestId,
        },
      );
      return { object: 'list', cancelled: cancelled.length, data: cancelled.map(taskView) };
    },
  ),

  get(
    '/v1/tasks',
    {
      by: readers,
      query: taskQuery,
      reference: {
        summary: 'List tasks, the newest first.',
        responses: { 200: z.strictObject(pageSchemas(taskSchema)) },
        errors: ['access_denied', 'not_found'],
      },
    },
    async (call) => {
      const { services, query } = call;
      const { limit, cursor, status, human_id: humanId, key_id: keyId, since } = query;
      const filter = {
        status,
        humanId: humanId === undefined ? undefined : readHumanId(humanId),
        keyId,
        since,
      };
      const page = await listTasks(services, taskOwnerOf(call), filter, { limit, cursor });
      return pageView(page, taskView);
    },
  ),

  get(
    '/v1/tasks/:id',
    {
      by: readers,
      reference: { summary: 'Get a task.', responses: { 200: taskSchema }, errors: ['access_denied'] },
    },
    async (call) => taskView(await getTask(call.services, taskOwnerOf(call), call.params.id)),
  ),

  post(
    '/v1/tasks/:id/cancel',
    {
      by: dispatchers,
      body: cancellation,
      reference: {
        summary: 'Cancel a task.',
        responses: { 200: taskSchema },
        errors: ['access_denied', 'conflict'],
      },
    },
    async (call) =>
      taskView(await cancelTask(call.services, taskOwnerOf(call), call.params.id, call.body.message)),
  ),

  post(
    '/v1/tasks/:id/clarify',
    {
      by: dispatchers,
      body: clarification,
      reference: {
        summary: 'Answer the question that a human asked about a task.',
        responses: { 200: taskSchema },
        errors: ['access_denied', 'conflict'],
      },
    },
    async (call) =>
      taskView(await clarifyTask(call.services, taskOwnerOf(call), call.params.id, call.body.answer)),
  ),
];
