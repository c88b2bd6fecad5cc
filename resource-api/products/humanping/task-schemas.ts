/** Tasks, proofs and what happened to the money, as schemas of the responses. */
import { z } from 'zod';

export const taskTypes = [
  'verification',
  'voice_proxy',
  'gut_check',
  'field_mission',
  'empathy_escalation',
  'vibe_reader',
  'custom',
] as const;

export const taskStatuses = [
  'pending',
  'in_progress',
  'proof_submitted',
  'completed',
  'disputed',
  'expired',
] as const;

export const proofTypes = ['text', 'photo', 'video', 'audio'] as const;

export const taskType = z.enum(taskTypes);

/** The nine members of the response to a creation. */
export const createdTaskSchema = z.strictObject({
  id: z.string(),
  agent_id: z.string(),
  type: z.string(),
  status: z.enum(taskStatuses),
  description: z.string(),
  budget_cents: z.int(),
  urgency: z.string(),
  proof_required: z.enum(proofTypes),
  created_at: z.iso.datetime(),
});

export const taskSchema = createdTaskSchema.extend({
  free: z.boolean(),
  context: z.record(z.string(), z.unknown()),
  deadline: z.iso.datetime().nullable(),
  expires_at: z.iso.datetime(),
  consensus_count: z.int(),
  callback_url: z.string().nullable(),
  result: z.string().nullable(),
  dispute_reason: z.string().nullable(),
  settled_at: z.iso.datetime().nullable(),
});

export const proofSchema = z.strictObject({
  id: z.string(),
  worker_id: z.string(),
  type: z.enum(proofTypes),
  content: z.string().nullable(),
  status: z.enum(['accepted', 'submitted', 'approved', 'disputed', 'expired']),
  submitted_at: z.iso.datetime(),
});

export const transactionSchema = z.strictObject({
  id: z.string(),
  type: z.enum(['escrow', 'refund', 'payout', 'commission']),
  amount_cents: z.int(),
  worker_id: z.string().optional(),
  created_at: z.iso.datetime(),
});

export const taskDetailsSchema = taskSchema.extend({
  consensus: z
    .strictObject({
      required: z.int(),
      received: z.int(),
      status: z.enum(['collecting', 'reached', 'conflict']),
      result: z.string().nullable(),
    })
    .optional(),
  proofs: z.array(proofSchema),
  transactions: z.array(transactionSchema),
});

export const assignmentSchema = z.strictObject({
  id: z.string(),
  status: z.enum(['accepted', 'proof_submitted', 'approved', 'disputed', 'expired']),
  earned_cents: z.int(),
  accepted_at: z.iso.datetime(),
  submitted_at: z.iso.datetime().nullable(),
  settled_at: z.iso.datetime().nullable(),
});

export const workerTaskSchema = z.strictObject({
  id: z.string(),
  type: z.string(),
  status: z.enum(taskStatuses),
  description: z.string(),
  budget_cents: z.int(),
  reward_cents: z.int(),
  urgency: z.string(),
  proof_required: z.enum(proofTypes),
  context: z.record(z.string(), z.unknown()),
  deadline: z.iso.datetime().nullable(),
  expires_at: z.iso.datetime(),
  created_at: z.iso.datetime(),
  assignment: assignmentSchema.nullable(),
});
