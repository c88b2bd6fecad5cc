/**
 * The keys of agents that have no password. Who holds the key can replace it; who lost it gets a link by mail, and
 * the page behind that shows a new key once. The address alone is worth nothing.
 */
import { recordAudit } from '../audit/audit.js';
import { sqlFromNow, sqlNow } from '../clock.js';
import { DomainError } from '../errors.js';
import { withQuery } from '../http/page-urls.js';
import { queueLimitedMail } from '../mail/mail.js';
import type { Product } from '../products/product.js';
import { inTransaction, type Services } from '../services.js';
import { revokeApiKeysOf } from './api-keys/api-key-changes.js';
import { createApiKey } from './api-keys/api-keys.js';
import { agentKeyMail } from './mails/agent-key.js';
import { type Agent, createAgent, findAgent, findAgentByEmail, type NewAgent } from './people/agents.js';
import { auditOrigin, type Origin, stranger } from './people/origin.js';
import { endEndpoints } from './people/unclaimed-agents.js';
import type { Actor } from './people/users.js';
import { createEmailLink, type LinkProblem, redeemEmailLink } from './sign-in/email-links.js';

export interface AgentWithKey {
  agent: Agent;
  /** In the clear: the only time it can be seen. */
  key: string;
}

/** Registers an agent and makes its key; undefined when its address has an agent already. Throws `validation`. */
export async function registerAgent(
  services: Services,
  product: Product,
  input: NewAgent,
): Promise<AgentWithKey | undefined> {
  return inTransaction(services, async (tx) => {
    const agent = await createAgent(tx, input);
    if (!agent) return undefined;
    return { agent, key: await makeKey(tx, product, agent.id) };
  });
}

async function makeKey(tx: Services, product: Product, agentId: string): Promise<string> {
  const actor = { kind: 'agent', id: agentId } as const;
  const { key } = await createApiKey(
    tx,
    { product, owner: { agentId }, environment: 'live', name: 'Agent key' },
    actor,
  );
  return key;
}

const linksPerHour = 3;

/**
 * Mails a link to a new key to an agent in good standing, at most three times an hour. `page` is where the link
 * leads, without its token.
 */
export async function mailKeyRecovery(
  services: Services,
  product: Product,
  { email, page }: { email: string; page: string },
  origin: Origin,
): Promise<void> {
  const agent = await findAgentByEmail(services, email);
  if (agent?.status !== 'active') return;
  await inTransaction(services, async (tx) => {
    await tx.db('agents').where({ id: agent.id }).forUpdate().first('id');
    const recent = await tx
      .db('audit_events')
      .where({ chain: agent.id, action: 'agent.key_recovery_requested' })
      .where('at', '>', sqlFromNow(tx, -3600))
      .limit(linksPerHour)
      .pluck('seq');
    if (recent.length >= linksPerHour) return;
    const token = await createEmailLink(tx, {
      purpose: 'recover_agent_key',
      accountId: agent.id,
      email: agent.email,
    });
    const link = withQuery(page, { token });
    await queueLimitedMail(tx, 'agent_key', { to: agent.email, ...agentKeyMail(tx, product, link, origin) });
    await recordAudit(tx, {
      accountId: agent.id,
      action: 'agent.key_recovery_requested',
      actor: stranger,
      target: { kind: 'agent', id: agent.id },
      ...auditOrigin(origin),
    });
  });
}

/**
 * Uses a mailed link, for exactly one caller: ends every key of the agent and makes a new one. The first link that is
 * used claims the agent: whoever registered it may not own the mailbox, so its `webhook_url` and webhook endpoints end
 * too, and `forgetCallbacks` ends what the product keeps of callback URLs. Throws `account_disabled`.
 */
export async function recoverAgentKey(
  services: Services,
  product: Product,
  token: string,
  forgetCallbacks: (tx: Services, agentId: string) => Promise<void>,
): Promise<AgentWithKey | { problem: LinkProblem }> {
  return inTransaction(services, async (tx) => {
    const redeemed = await redeemEmailLink(tx, 'recover_agent_key', token);
    if ('problem' in redeemed) return redeemed;
    const { accountId, email } = redeemed.link;
    await tx.db('agents').where({ id: accountId }).forUpdate().first('id');
    const agent = await findAgent(tx, { id: accountId });
    if (agent?.status !== 'active' || agent.email !== email) throw new DomainError('account_disabled');
    const actor = { kind: 'agent', id: agent.id } as const;
    await revokeApiKeysOf(tx, { accountId: agent.id }, actor, 'recovered');
    if (agent.claimedAt === null) {
      await claim(tx, agent.id, actor);
      await forgetCallbacks(tx, agent.id);
    }
    return { agent, key: await makeKey(tx, product, agent.id) };
  });
}

async function claim(tx: Services, agentId: string, actor: Actor): Promise<void> {
  await tx
    .db('agents')
    .where({ id: agentId })
    .update({ claimed_at: sqlNow(tx), webhook_url: null });
  await endEndpoints(tx, agentId);
  await recordAudit(tx, {
    accountId: agentId,
    action: 'agent.claimed',
    actor,
    target: { kind: 'agent', id: agentId },
  });
}
