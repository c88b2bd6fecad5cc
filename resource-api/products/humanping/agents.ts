/** Agents: the customers. They register, see themselves, and replace their key. */
import { z } from 'zod';
import { canonicalEmail } from '../../../shared/email.js';
import { DomainError } from '../../../shared/errors.js';
import {
  type AgentWithKey,
  mailKeyRecovery,
  recoverAgentKey,
  registerAgent,
} from '../../../shared/identity/agent-keys.js';
import { rotateOwnApiKey } from '../../../shared/identity/api-keys/api-key-rolling.js';
import { type Agent, getAgent } from '../../../shared/identity/people/agents.js';
import { isUnclaimed } from '../../../shared/identity/people/unclaimed-agents.js';
import { findEmailLink } from '../../../shared/identity/sign-in/email-links.js';
import type { Services } from '../../../shared/services.js';
import { parseWebhookUrl } from '../../../shared/webhooks/addresses.js';
import type { ApiKeyCaller } from '../../routing/caller.js';
import { linkProblemPage, pageReply } from '../../routing/mailed-page.js';
import { reply } from '../../routing/reply.js';
import { anyone, apiKey, type Call, get, nobody, post } from '../../routing/route.js';
import { asAgent, isoTime, originOf } from './conventions.js';
import { forgetCallbacks } from './domain/tasks.js';

const registration = z.strictObject({
  name: z.string(),
  email: z.string(),
  webhook_url: z.string().nullish(),
});

const tokenQuery = z.object({ token: z.string().max(200).default('') });

/** An agent as it is registered: the only time that its key is shown. */
const withKeySchema = z.strictObject({
  agent: z.strictObject({
    id: z.string(),
    name: z.string(),
    api_key: z.string(),
    balance_cents: z.int(),
    free_tasks_remaining: z.int(),
  }),
});

const agentSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  webhook_url: z.string().nullable(),
  unclaimed: z.boolean(),
  balance_cents: z.int(),
  free_tasks_remaining: z.int(),
  created_at: z.iso.datetime(),
});

const withKey = ({ agent, key }: AgentWithKey): z.input<typeof withKeySchema> => ({
  agent: {
    id: agent.id,
    name: agent.name,
    api_key: key,
    balance_cents: agent.balanceCents,
    free_tasks_remaining: agent.freeTasksRemaining,
  },
});

const view = (agent: Agent): z.input<typeof agentSchema> => ({
  id: agent.id,
  name: agent.name,
  email: agent.email,
  webhook_url: agent.webhookUrl,
  /** Somebody proved this email and has not claimed the agent: nothing is sent to its callback URLs. */
  unclaimed: isUnclaimed(agent),
  balance_cents: agent.balanceCents,
  free_tasks_remaining: agent.freeTasksRemaining,
  created_at: isoTime(agent.createdAt),
});

type Rotation = Pick<Call, 'services' | 'address' | 'userAgent' | 'requestId'>;

/** Ends the key that was used, at once, and makes its successor. */
async function rotate(call: Rotation, caller: ApiKeyCaller): Promise<AgentWithKey> {
  const agent = await getAgent(call.services, { id: caller.accountId });
  const { key } = await rotateOwnApiKey(call.services, caller.keyId, { graceSeconds: 0 }, originOf(call));
  return { agent, key };
}

/** The same; undefined for a key that may not replace itself, such as one that was reported as leaked. */
async function rotateIfAllowed(call: Rotation, caller: ApiKeyCaller): Promise<AgentWithKey | undefined> {
  try {
    return await rotate(call, caller);
  } catch (error) {
    if (error instanceof DomainError && error.code === 'conflict') return undefined;
    throw error;
  }
}

/** Whether the caller's key is the one of the agent with this address. */
async function isOwnAddress(
  services: Services,
  { accountId }: ApiKeyCaller,
  email: string,
): Promise<boolean> {
  const { email: own } = await getAgent(services, { id: accountId });
  return own === canonicalEmail(email);
}

export const agentRoutes = [
  post(
    '/api/v1/agents/register',
    {
      by: [apiKey(), nobody()],
      limits: ['agentRegistration'],
      body: registration,
      reference: {
        summary: 'Register an agent and create its API key.',
        responses: { 201: withKeySchema },
        errors: ['already_registered'],
      },
    },
    async (call) => {
      const { services, product, caller, body, baseUrl } = call;
      const { name, email, webhook_url: url } = body;
      const webhookUrl = url ? parseWebhookUrl(services.config, url, 'webhook_url') : undefined;
      const registered = await registerAgent(services, product, {
        name,
        email,
        webhookUrl,
        registeredFrom: call.address,
      });
      if (registered) return reply(201, withKey(registered));
      if (caller && (await isOwnAddress(services, caller, email))) {
        const rotated = await rotateIfAllowed(call, caller);
        if (rotated) return reply(201, withKey(rotated));
      }
      const page = `${baseUrl}/api/v1/agents/recover-key`;
      await mailKeyRecovery(services, product, { email, page }, originOf(call));
      throw new DomainError('already_registered');
    },
  ),
  get(
    '/api/v1/agents/me',
    {
      ...asAgent,
      reference: {
        summary: 'Get the agent that makes this call.',
        responses: { 200: z.strictObject({ agent: agentSchema }) },
      },
    },
    async ({ services, caller }) => ({
      agent: view(await getAgent(services, { id: caller.accountId })),
    }),
  ),
  post(
    '/api/v1/agents/me/rotate-key',
    {
      ...asAgent,
      reference: {
        summary: 'Replace the API key that makes this call; the old one ends at once.',
        responses: { 201: withKeySchema },
        errors: ['conflict'],
      },
    },
    async (call) => reply(201, withKey(await rotate(call, call.caller))),
  ),
  get(
    '/api/v1/agents/recover-key',
    { by: anyone, query: tokenQuery },
    async ({ services, product, query }) => {
      const found = await findEmailLink(services, 'recover_agent_key', query.token);
      if ('problem' in found) return linkProblemPage(product, found.problem, askAgain);
      return pageReply(product, 200, {
        title: 'Get a new key',
        paragraphs: [
          `A new API key for the agent of ${found.link.email} will be shown here, once.`,
          'The key that the agent has now ends at the same moment. If this is the first link that you use for it, its callback URLs and webhook endpoints end too, since somebody else may have set them.',
        ],
        button: 'Show a new key',
      });
    },
  ),
  post('/api/v1/agents/recover-key', { by: anyone, query: tokenQuery }, async (call) => {
    const recovered = await recoverAgentKey(call.services, call.product, call.query.token, forgetCallbacks);
    if ('problem' in recovered) return linkProblemPage(call.product, recovered.problem, askAgain);
    return pageReply(call.product, 200, {
      title: 'Your new key',
      paragraphs: [
        `This is the key of ${recovered.agent.name}. It is shown only now: copy it to where your agent reads it.`,
      ],
      secret: recovered.key,
    });
  }),
];

const askAgain = 'Register the agent again with the same address to be sent another link.';
