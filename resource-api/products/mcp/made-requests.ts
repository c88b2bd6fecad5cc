/** Requests of one agent: found, and changed in their product, with a line in the audit log of who did it. */
import { INVALID_PARAMS, ProtocolError } from '@modelcontextprotocol/server';
import { type AuditAction, recordAudit } from '../../../shared/audit/audit.js';
import { DomainError } from '../../../shared/errors.js';
import { inTransaction, type Services } from '../../../shared/services.js';
import type { PeopleRequestKind, Settlement } from '../../routing/agent-tools.js';
import type { Agent } from './agent.js';
import { withState } from './ask.js';
import { findRequest, type StoredRequest } from './domain/requests.js';
import type { MadeRequest } from './request-view.js';

/** JSON-RPC -32602, also for a request of another account, client or environment. */
const unknown = () => new ProtocolError(INVALID_PARAMS, 'There is no such request.');

/** Throws the protocol error -32602 for what this agent has not asked. */
export async function getRequest(
  agent: Agent,
  id: string,
  services: Services = agent.services,
): Promise<MadeRequest> {
  const stored = await findRequest(services, agent.owner, id);
  const made = stored && (await withState(services, agent, stored));
  if (!made) throw unknown();
  return made;
}

/** Replies to a person who asked back. Throws `conflict` where nobody did. */
export function answerRequest(agent: Agent, id: string, answer: string): Promise<MadeRequest> {
  return change(agent, id, undefined, async (tx, kind, { domainId }) => {
    if (!kind.clarify) throw notPossible('nobody can ask back');
    await kind.clarify(tx, agent.asker, domainId, answer);
  });
}

/** Approves or disputes what was delivered. Throws `conflict` where nothing was. */
export function settleRequest(agent: Agent, id: string, settlement: Settlement): Promise<MadeRequest> {
  return change(agent, id, 'mcp.settled', async (tx, kind, { domainId }) => {
    if (!kind.settle) throw notPossible('there is nothing to settle');
    await kind.settle(tx, agent.asker, domainId, settlement);
  });
}

/** Takes a request back; one that was taken back before stays so. Throws `conflict` once it has ended otherwise. */
export async function cancelRequest(agent: Agent, id: string): Promise<MadeRequest> {
  const made = await getRequest(agent, id);
  if (made.state.status === 'cancelled') return made;
  try {
    return await change(agent, id, 'mcp.cancelled', async (tx, kind, { domainId }) => {
      if (!kind.cancel) throw notPossible('it ends with its deadline, or when it is settled');
      await kind.cancel(tx, agent.asker, domainId);
    });
  } catch (error) {
    // Another call may have been first.
    const now = await getRequest(agent, id);
    if (now.state.status === 'cancelled') return now;
    throw error;
  }
}

const notPossible = (why: string): DomainError =>
  new DomainError('conflict', { message: `That is not possible with a request of this kind: ${why}.` });

async function change(
  agent: Agent,
  id: string,
  action: AuditAction | undefined,
  work: (tx: Services, kind: PeopleRequestKind, stored: StoredRequest) => Promise<void>,
): Promise<MadeRequest> {
  return inTransaction(agent.services, async (tx) => {
    const { stored } = await getRequest(agent, id, tx);
    const kind = agent.kinds.find((candidate) => candidate.kind === stored.kind);
    if (!kind) throw unknown();
    await work(tx, kind, stored);
    if (action) {
      await recordAudit(tx, {
        accountId: agent.asker.personId,
        action,
        actor: agent.asker.actor,
        target: { kind: stored.kind, id: stored.domainId },
      });
    }
    return getRequest(agent, id, tx);
  });
}
