/**
 * What HumanPing contributes to the MCP server: a paid task, posted by the agent whose email address is the verified
 * one of the person who uses the MCP client. There are no simulated workers.
 */
import { z } from 'zod';
import { DomainError } from '../../../shared/errors.js';
import { type Agent, createAgent, findAgentByEmail } from '../../../shared/identity/people/agents.js';
import { findUserById } from '../../../shared/identity/people/users.js';
import { humanping as product } from '../../../shared/products/humanping.js';
import type { Services } from '../../../shared/services.js';
import { type Asker, type PeopleRequestStatus, requestKind } from '../../routing/agent-tools.js';
import { approveTask, disputeTask } from './domain/settlement.js';
import { listProofs } from './domain/task-lists.js';
import { createTask, getTask, type TaskStatus } from './domain/tasks.js';
import { taskType } from './task-schemas.js';

const input = z.object({
  description: z.string().trim().min(1).max(5000).describe('What a worker has to do.'),
  budget_cents: z.int().min(1).max(1_000_000).describe('What you pay, in US cents; held in escrow.'),
  type: taskType.default('custom'),
  proof_required: z.enum(['text', 'photo', 'video', 'audio']).default('text'),
  deadline: z.string().max(40).optional().describe('ISO 8601, or a span such as 30m or 2h.'),
});

const statuses: Record<TaskStatus, PeopleRequestStatus> = {
  pending: 'waiting',
  in_progress: 'working',
  proof_submitted: 'needs_input',
  completed: 'done',
  disputed: 'declined',
  expired: 'expired',
};

/** Throws `consent_required` where the person has no agent, and `access_denied` for one that is switched off. */
async function agentOf(services: Services, { personId }: Pick<Asker, 'personId'>): Promise<Agent> {
  const person = await findUserById(services, personId);
  const agent = person?.emailVerifiedAt ? await findAgentByEmail(services, person.email) : undefined;
  if (!agent) {
    throw new DomainError('consent_required', { message: 'You have no agent with your email address yet.' });
  }
  if (agent.claimedAt === null) {
    throw new DomainError('access_denied', {
      message:
        'An agent was registered with your email address and is unclaimed. Claim it in the console first.',
    });
  }
  if (agent.status !== 'active') {
    throw new DomainError('access_denied', { message: 'Your agent is switched off.' });
  }
  return agent;
}

export const paidTaskKind = requestKind({
  kind: 'paid_task',
  inTest: false,
  ask: {
    name: 'post_paid_task',
    title: 'Post a paid task',
    description:
      'Posts a task that a worker does for money. The budget is taken from your balance into escrow, and paid out when you approve the proof with settle_request.',
    pays: true,
    input,
    async create(tx, asker, given) {
      const agent = await agentOf(tx, asker);
      const task = await createTask(tx, agent.id, {
        product: product.id,
        type: given.type,
        description: given.description,
        budgetCents: given.budget_cents,
        urgency: 'standard',
        proofRequired: given.proof_required,
        context: {},
        deadline: given.deadline,
        places: 1,
      });
      return task.id;
    },
  },
  connecting: {
    missing: 'You have no agent account for paid tasks yet. It is made with your verified email address.',
    invites: false,
    async accept(tx, { id }) {
      const person = await findUserById(tx, id);
      if (!person?.emailVerifiedAt) throw new DomainError('email_not_verified');
      await createAgent(tx, { name: person.name, email: person.email }, { kind: 'person', id });
    },
  },
  async read(services, asker, id) {
    const agent = await agentOf(services, asker);
    const task = await getTask(services, { id, agentId: agent.id });
    const proofs = await listProofs(services, id);
    const proof = proofs.at(-1);
    return {
      status: statuses[task.status],
      human: proof ? { id: `worker_${proof.workerId}`, name: 'A worker' } : null,
      question: null,
      answer:
        task.result ?? (proof ? (proof.content ?? `A proof of the type ${proof.type} was sent.`) : null),
      deadline: task.expiresAt,
      createdAt: task.createdAt,
      updatedAt: task.settledAt ?? proof?.submittedAt ?? task.createdAt,
    };
  },
  async settle(tx, asker, id, { decision, reason }) {
    const agent = await agentOf(tx, asker);
    const ref = { id, agentId: agent.id };
    if (decision === 'approve') await approveTask(tx, ref);
    else await disputeTask(tx, ref, { reason });
  },
});
