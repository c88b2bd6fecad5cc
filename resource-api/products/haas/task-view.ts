/** A task as apps read it, member by member as documented, and as its human reads it. */
import { z } from 'zod';
import { personSubject } from '../../../shared/ids.js';
import type { Page, TaskStatistics } from './dispatch/list.js';
import { priorities, type Task, taskStatuses } from './dispatch/task.js';

export const humanTaskSchema = z.strictObject({
  id: z.string(),
  object: z.literal('task'),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  status: z.enum(taskStatuses),
  status_reason: z.string().nullable(),
  type: z.string(),
  priority: z.enum(priorities),
  title: z.string(),
  description: z.string(),
  human_id: z.string().nullable(),
  requester_id: z.string(),
  deadline: z.iso.datetime().nullable(),
  estimated_duration: z.int().nullable(),
  compensation: z
    .strictObject({ amount: z.number(), currency: z.string().nullable(), bonus_eligible: z.boolean() })
    .nullable(),
  /** A text, or a value of any shape; null while there is none. */
  result: z.unknown(),
  attachments: z.array(z.record(z.string(), z.unknown())),
  skills: z.array(z.string()),
  progress: z.int(),
  clarification: z.strictObject({ question: z.string(), answer: z.string().nullable() }).nullable(),
  message: z.string().nullable(),
});

export const taskSchema = humanTaskSchema.extend({
  metadata: z.record(z.string(), z.unknown()),
  key_id: z.string().nullable(),
});

/** The schemas of `pageView`. */
export const pageSchemas = <T extends z.ZodType>(task: T) => ({
  object: z.literal('list'),
  data: z.array(task),
  has_more: z.boolean(),
  next_cursor: z.string().nullable(),
});

export const statisticsSchema = z.strictObject({
  total: z.int(),
  open: z.int(),
  completed: z.int(),
  failed: z.int(),
  expired: z.int(),
  declined: z.int(),
  cancelled: z.int(),
  completion_rate: z.number().nullable(),
  average_accept_seconds: z.number().nullable(),
  average_completion_seconds: z.number().nullable(),
});

function commonView(task: Task): z.input<typeof humanTaskSchema> {
  return {
    id: task.id,
    object: 'task',
    created_at: task.createdAt.toISOString(),
    updated_at: task.updatedAt.toISOString(),
    status: task.status,
    status_reason: task.statusReason,
    type: task.type,
    priority: task.priority,
    title: task.title,
    description: task.description,
    human_id: task.humanId === null ? null : personSubject(task.humanId),
    requester_id: task.requesterId,
    deadline: task.deadline?.toISOString() ?? null,
    estimated_duration: task.estimatedSeconds,
    compensation:
      task.amountCents === null
        ? null
        : {
            amount: task.amountCents / 100,
            currency: task.currency,
            bonus_eligible: task.bonusEligible,
          },
    result: task.result ?? null,
    attachments: task.attachments,
    skills: task.skills,
    progress: task.percent,
    clarification: task.question === null ? null : { question: task.question, answer: task.answer },
    message: task.message,
  };
}

export const taskView = (task: Task): z.input<typeof taskSchema> => ({
  ...commonView(task),
  metadata: task.metadata,
  key_id: task.keyId,
});

/** What an app keeps for itself with a task is no business of the human's. */
export const humanTaskView = (task: Task) => commonView(task);

export const pageView = (page: Page, view: (task: Task) => unknown) => ({
  object: 'list',
  data: page.tasks.map(view),
  has_more: page.nextCursor !== null,
  next_cursor: page.nextCursor,
});

export const statisticsView = (statistics: TaskStatistics): z.input<typeof statisticsSchema> => ({
  total: statistics.total,
  open: statistics.open,
  completed: statistics.completed,
  failed: statistics.failed,
  expired: statistics.expired,
  declined: statistics.declined,
  cancelled: statistics.cancelled,
  completion_rate: statistics.completionRate,
  average_accept_seconds: statistics.averageAcceptSeconds,
  average_completion_seconds: statistics.averageCompletionSeconds,
});
