/**
 * Agents that are customers of their own: they register with a name and an address, pay, and have no password.
 */
import { recordAudit } from '../../audit/audit.js';
import { announceChange } from '../../changes/changes.js';
import { sqlNow } from '../../clock.js';
import { canonicalEmail, parseEmail } from '../../email.js';
import { DomainError } from '../../errors.js';
import { shortId } from '../../ids.js';
import { inTransaction, type Services } from '../../services.js';
import { isOperator } from './confirmed-owner.js';
import type { ProofOfAgent } from './unclaimed-agents.js';
import { type Actor, parseName } from './users.js';

export interface Agent extends ProofOfAgent {
  id: string;
  name: string;
  email: string;
  webhookUrl: string | null;
  balanceCents: number;
  freeTasksRemaining: number;
  status: 'active' | 'disabled';
  createdAt: Date;
}

export interface NewAgent {
  name: string;
  email: string;
  webhookUrl?: string;
  /** The IP address that registers it. */
  registeredFrom?: string;
}

const columns = {
  id: 'id',
  name: 'name',
  email: 'email',
  webhookUrl: 'webhook_url',
  balanceCents: 'balance_cents',
  freeTasksRemaining: 'free_tasks_remaining',
  status: 'status',
  mailboxProvenAt: 'mailbox_proven_at',
  claimedAt: 'claimed_at',
  createdAt: 'created_at',
};

/**
 * Registers an agent; undefined when its email has one already. One that an operator makes, or a
 * person for their own confirmed email, is claimed. Throws `validation`.
 */
export async function createAgent(
  services: Services,
  input: NewAgent,
  actor?: Actor,
): Promise<Agent | undefined> {
  const email = parseEmail(input.email);
  const name = parseName(input.name);
  const id = `agent_${shortId(12)}`;
  return inTransaction(services, async (tx) => {
    const [created] = await tx
      .db('agents')
      .insert({
        id,
        name,
        email,
        webhook_url: input.webhookUrl ?? null,
        registered_from: input.registeredFrom ?? null,
        claimed_at: actor && (isOperator(actor) || actor.kind === 'person') ? sqlNow(tx) : null,
        // Somebody has this mailbox already, and it may be somebody else who registers with it.
        mailbox_proven_at: tx.db('users').where({ email, status: 'active' }).select('email_verified_at'),
        created_at: sqlNow(tx),
      })
      .onConflict()
      .ignore()
      .returning('id');
    if (!created) return undefined;
    await recordAudit(tx, {
      accountId: id,
      action: 'agent.created',
      actor: actor ?? { kind: 'agent', id },
      target: { kind: 'agent', id },
      personal: { email },
    });
    return findAgent(tx, { id });
  });
}

export async function findAgent(services: Services, { id }: { id: string }): Promise<Agent | undefined> {
  return services.db('agents').select(columns).where({ id }).first();
}

/** Throws `not_found`. */
export async function getAgent(services: Services, { id }: { id: string }): Promise<Agent> {
  return (await findAgent(services, { id })) ?? unknownAgent('Agent not found');
}

/** Throws `not_found`. */
export async function getAgentByEmail(services: Services, email: string): Promise<Agent> {
  return (await findAgentByEmail(services, email)) ?? unknownAgent(`No agent has the address ${email}`);
}

function unknownAgent(message: string): never {
  throw new DomainError('not_found', { subject: 'agent', message });
}

/** By any spelling of the email. */
export async function findAgentByEmail(services: Services, email: string): Promise<Agent | undefined> {
  return services
    .db('agents')
    .select(columns)
    .where({ email: canonicalEmail(email) })
    .first();
}

/** The agent with this address; a new one where there is none. Throws `validation`. */
export async function makeAgent(services: Services, input: NewAgent, actor: Actor): Promise<Agent> {
  const agent =
    (await findAgentByEmail(services, input.email)) ??
    (await createAgent(services, input, actor)) ??
    (await findAgentByEmail(services, input.email));
  if (!agent) throw new Error('an agent vanished while it was made');
  return agent;
}

/** Switches an agent off: its keys are refused for as long as it lasts. Doing it again changes nothing. */
export async function disableAgent(services: Services, agentId: string, actor: Actor): Promise<void> {
  await changeStatus(services, agentId, 'disabled', actor);
}

/** Switches an agent on again. */
export async function enableAgent(services: Services, agentId: string, actor: Actor): Promise<void> {
  await changeStatus(services, agentId, 'active', actor);
}

async function changeStatus(
  services: Services,
  id: string,
  status: Agent['status'],
  actor: Actor,
): Promise<void> {
  await inTransaction(services, async (tx) => {
    const changed = await tx.db('agents').where({ id }).whereNot({ status }).update({ status });
    if (changed === 0) return;
    await announceChange(tx, { kind: 'account', id });
    await recordAudit(tx, {
      accountId: id,
      action: status === 'active' ? 'agent.enabled' : 'agent.disabled',
      actor,
      target: { kind: 'agent', id },
    });
  });
}
