/** Agents: agents with an avatar, for whom sessions are started. */
import { z } from 'zod';
import { displayName, freeForm, text } from '../../body/member-schemas.js';
import { clearable } from '../../body/null-members.js';
import { reply } from '../../routing/reply.js';
import { get, patch, post, put, remove } from '../../routing/route.js';
import {
  eitherCredential,
  environmentQuery,
  isoTime,
  pageMembers,
  pageSchemas,
  paging,
  partitionOf,
  readPaging,
  storedId,
  success,
  successSchema,
} from './conventions.js';
import {
  type Agent,
  type AgentFields,
  createAgent,
  deleteAgent,
  getAgent,
  listAgents,
  updateAgent,
} from './domain/agents.js';

const members = z.strictObject({
  name: displayName,
  avatar_id: z.string().max(64).nullable(),
  language: z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/),
  custom_greeting: text(0, 2000),
  context: text(0, 32_000),
  properties: freeForm,
  status: z.enum(['active', 'inactive']),
});

const creation = members.extend({
  avatar_id: members.shape.avatar_id.default(null),
  language: members.shape.language.default('en'),
  custom_greeting: members.shape.custom_greeting.default(''),
  context: members.shape.context.default(''),
  properties: members.shape.properties.default({}),
  status: members.shape.status.default('active'),
});

const changes = members
  .extend({
    custom_greeting: clearable(members.shape.custom_greeting, ''),
    context: clearable(members.shape.context, ''),
    properties: clearable(members.shape.properties, {}),
  })
  .partial();

const toMembers = ({
  avatar_id,
  custom_greeting,
  ...rest
}: z.output<typeof changes>): Partial<AgentFields> => ({
  ...rest,
  avatarId: avatar_id,
  customGreeting: custom_greeting,
});

const agentSchema = z.strictObject({
  agent_id: z.string(),
  name: z.string(),
  avatar_id: z.string().nullable(),
  language: z.string(),
  custom_greeting: z.string(),
  context: z.string(),
  properties: z.record(z.string(), z.unknown()),
  status: z.enum(['active', 'inactive']),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});

const view = (agent: Agent): z.input<typeof agentSchema> => ({
  agent_id: `agnt_${agent.id}`,
  name: agent.name,
  avatar_id: agent.avatarId,
  language: agent.language,
  custom_greeting: agent.customGreeting,
  context: agent.context,
  properties: agent.properties,
  status: agent.status,
  created_at: isoTime(agent.createdAt),
  updated_at: isoTime(agent.updatedAt),
});

const one = { ...eitherCredential, query: environmentQuery };
const change = {
  ...one,
  body: changes,
  reference: {
    summary: 'Change the given fields of an agent.',
    responses: { 200: successSchema({ agent: agentSchema, message: z.string() }) },
  },
};

export const agentRoutes = [
  get(
    '/v1/agents',
    {
      ...eitherCredential,
      query: paging,
      reference: {
        summary: 'List agents, the newest first.',
        responses: { 200: successSchema({ agents: z.array(agentSchema), ...pageSchemas }) },
      },
    },
    async ({ services, caller, query }) => {
      const page = await listAgents(services, partitionOf(caller, query), readPaging(query));
      return success({ agents: page.items.map(view), ...pageMembers(page) });
    },
  ),
  post(
    '/v1/agents',
    {
      ...one,
      body: creation,
      idempotent: true,
      reference: {
        summary: 'Create an agent.',
        responses: { 201: successSchema({ agent: agentSchema, message: z.string() }) },
        errors: ['conflict'],
      },
    },
    async ({ services, caller, query, body }) => {
      const { avatar_id: avatarId, custom_greeting: customGreeting, ...rest } = body;
      const agent = await createAgent(services, partitionOf(caller, query), {
        ...rest,
        avatarId,
        customGreeting,
      });
      return reply(201, success({ agent: view(agent), message: 'Agent created successfully' }));
    },
  ),
  get(
    '/v1/agents/:id',
    {
      ...one,
      reference: { summary: 'Get an agent.', responses: { 200: successSchema({ agent: agentSchema }) } },
    },
    async ({ services, caller, query, params }) => {
      const agent = await getAgent(services, partitionOf(caller, query), storedId('agnt', params.id));
      return success({ agent: view(agent) });
    },
  ),
  ...[patch, put].map((method) =>
    method('/v1/agents/:id', change, async ({ services, caller, query, params, body }) => {
      const id = storedId('agnt', params.id);
      const agent = await updateAgent(services, partitionOf(caller, query), id, toMembers(body));
      return success({ agent: view(agent), message: 'Agent updated successfully' });
    }),
  ),
  remove(
    '/v1/agents/:id',
    {
      ...one,
      reference: { summary: 'Delete an agent.', responses: { 200: successSchema({ message: z.string() }) } },
    },
    async ({ services, caller, query, params }) => {
      await deleteAgent(services, partitionOf(caller, query), storedId('agnt', params.id));
      return success({ message: 'Agent deleted successfully' });
    },
  ),
];
