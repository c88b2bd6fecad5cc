/** Bodies and queries of the task routes, with their names on the wire. */
import { z } from 'zod';
import { DomainError } from '../../../shared/errors.js';
import { freeForm, instant, text, visibleText } from '../../body/member-schemas.js';
import { readHumanId } from './access.js';
import type { NewTask } from './dispatch/create.js';
import { simulatedRefusals } from './dispatch/fitness.js';
import { priorities, taskStatuses } from './dispatch/task.js';
import { outcomes } from './simulator/script.js';

const monthSeconds = 30 * 86_400;

/** An amount of money as documented (15.5), kept as whole cents. */
const amount = z
  .number()
  .min(0)
  .max(1_000_000)
  .refine((value) => Math.abs(value * 100 - Math.round(value * 100)) < 1e-6, 'at most two decimals');

const compensation = z.object({
  amount,
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .default('USD'),
  bonus_eligible: z.boolean().default(false),
});

const attachment = z.object({
  name: text(0, 200).optional(),
  url: z.url({ protocol: /^https?$/ }).max(2_000),
  content_type: z.string().max(100).optional(),
});

export const newTask = z.object({
  title: visibleText(1, 200),
  description: visibleText(1, 20_000),
  type: z.string().regex(/^[a-z][a-z0-9_]{0,39}$/),
  human_id: z.string().max(100).nullish(),
  requester_id: z
    .string()
    .regex(/^[\w.:-]{1,64}$/)
    .nullish(),
  priority: z.enum(priorities).default('normal'),
  skills: z.array(visibleText(1, 60)).max(20).default([]),
  deadline: instant.nullish(),
  estimated_duration: z.int().min(1).max(monthSeconds).nullish(),
  compensation: compensation.nullish(),
  attachments: z.array(attachment).max(10).default([]),
  metadata: freeForm.default({}),
});

export const batch = z.object({ tasks: z.array(newTask).min(1).max(25) });

const message = visibleText(1, 1_000).optional();

export const cancellation = z.object({ message });

export const bulkCancellation = z
  .object({
    task_ids: z.array(z.string().max(100)).min(1).max(100).optional(),
    key_id: z.string().max(100).optional(),
    since: instant.optional(),
    message,
  })
  .refine(
    ({ task_ids, key_id, since }) => (task_ids ?? key_id ?? since) !== undefined,
    'say which tasks, by task_ids, key_id or since',
  );

export const clarification = z.object({ answer: visibleText(1, 5_000) });

/** One status, or several with commas. */
const statusList = z
  .string()
  .transform((text) => text.split(',').map((status) => status.trim()))
  .pipe(z.array(z.enum(taskStatuses)).max(taskStatuses.length));

export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().max(100).optional(),
  status: statusList.optional(),
});

export const taskQuery = pageQuery.extend({
  human_id: z.string().max(100).optional(),
  key_id: z.string().max(100).optional(),
  since: instant.optional(),
});

const simulations: readonly string[] = [...outcomes, ...simulatedRefusals];

/** From the wire to the domain's words. Throws `validation`, with `path` before the member's name, and `not_found`. */
export function readTask(given: z.output<typeof newTask>, now: Date, test: boolean, path = ''): NewTask {
  const { compensation: pay } = given;
  const deadline = given.deadline ?? null;
  if (deadline && deadline <= now) throw invalid(`${path}deadline`, 'must lie in the future');
  const { simulate } = given.metadata;
  if (test && simulate !== undefined && !simulations.includes(String(simulate))) {
    throw invalid(`${path}metadata.simulate`, `must be one of: ${simulations.join(', ')}`);
  }
  return {
    title: given.title,
    description: given.description,
    type: given.type,
    humanId: given.human_id ? readHumanId(given.human_id) : undefined,
    requesterId: given.requester_id ?? undefined,
    priority: given.priority,
    skills: given.skills,
    deadline,
    estimatedSeconds: given.estimated_duration ?? null,
    amountCents: pay ? Math.round(pay.amount * 100) : null,
    currency: pay?.currency ?? null,
    bonusEligible: pay?.bonus_eligible ?? false,
    attachments: given.attachments,
    metadata: given.metadata,
  };
}

const invalid = (field: string, what: string): DomainError =>
  new DomainError('validation', { field, message: `${field} ${what}` });
