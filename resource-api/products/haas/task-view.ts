/** A task as apps read it, member by member as documented, and as its human reads it. */
import { personSubject } from '../../../shared/ids.js';
import type { Page, TaskStatistics } from './dispatch/list.js';
import type { Task } from './dispatch/task.js';

function commonView(task: Task) {
  return {
    id: task.id,
    object: 'task',
    created_at: task.createdAt,
    updated_at: task.updatedAt,
    status: task.status,
    status_reason: task.statusReason,
    type: task.type,
    priority: task.priority,
    title: task.title,
    description: task.description,
    human_id: task.humanId === null ? null : personSubject(task.humanId),
    requester_id: task.requesterId,
    deadline: task.deadline,
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

export const taskView = (task: Task) => ({
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

export const statisticsView = (statistics: TaskStatistics) => ({
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
