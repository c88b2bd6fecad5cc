/**
 * Agents. Each method asks for its own scope and none implies another: who may write may not therefore read.
 */
import { z } from 'zod';
import { checkFreeForm, displayName, text } from '../../body/member-schemas.js';
import { clearable } from '../../body/null-members.js';
import { reply } from '../../routing/reply.js';
import { get, patch, post, put, remove } from '../../routing/route.js';
import { isoTime, listBody, listSchema, needs, ownerOf, paging, readPaging } from './conventions.js';
import {
  createLlmAgent,
  deleteLlmAgent,
  getLlmAgent,
  type LlmAgent,
  listLlmAgents,
  updateLlmAgent,
} from './domain/llm-agents.js';

const maximumTools = 128;

const metadata = z.record(z.string().max(64), z.unknown()).superRefine(checkFreeForm);

/** Names, or definitions as their owner writes them: one free-form value together. */
const tool = z.union([z.string().min(1).max(128), z.record(z.string(), z.unknown())]);

const members = z.strictObject({
  name: displayName,
  description: text(0, 1000),
  instructions: text(0, 32_000),
  model: text(1, 100),
  tools: z.array(tool).max(maximumTools).superRefine(checkFreeForm),
  metadata,
});

const creation = members.extend({
  description: members.shape.description.default(''),
  instructions: members.shape.instructions.default(''),
  model: members.shape.model.default('default'),
  tools: members.shape.tools.default([]),
  metadata: members.shape.metadata.default({}),
});

const changes = members
  .extend({
    description: clearable(members.shape.description, ''),
    instructions: clearable(members.shape.instructions, ''),
    model: clearable(members.shape.model, 'default'),
    tools: clearable(members.shape.tools, []),
    metadata: clearable(metadata, {}),
  })
  .partial();

const agentSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  instructions: z.string(),
  model: z.string(),
  tools: z.array(z.unknown()),
  metadata: z.record(z.string(), z.unknown()),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});

const view = (agent: LlmAgent): z.input<typeof agentSchema> => ({
  id: `agt_${agent.id}`,
  name: agent.name,
  description: agent.description,
  instructions: agent.instructions,
  model: agent.model,
  tools: agent.tools,
  metadata: agent.metadata,
  created_at: isoTime(agent.createdAt),
  updated_at: isoTime(agent.updatedAt),
});

/** The id as it is stored; what is no id of an agent finds none. */
const stored = (id: string): string => (id.startsWith('agt_') ? id.slice(4) : '');

export const agentRoutes = [
  get(
    '/v1/agents',
    {
      ...needs('read'),
      query: paging,
      reference: { summary: 'List agents, the newest first.', responses: { 200: listSchema(agentSchema) } },
    },
    async ({ services, caller, query }) =>
      listBody(await listLlmAgents(services, ownerOf(caller), readPaging(query)), view),
  ),
  post(
    '/v1/agents',
    {
      ...needs('write'),
      body: creation,
      idempotent: true,
      reference: { summary: 'Create an agent.', responses: { 201: agentSchema }, errors: ['conflict'] },
    },
    async ({ services, caller, body, baseUrl }) => {
      const agent = view(await createLlmAgent(services, ownerOf(caller), body));
      return reply(201, agent, { Location: `${baseUrl}/v1/agents/${agent.id}` });
    },
  ),
  get(
    '/v1/agents/:id',
    { ...needs('read'), reference: { summary: 'Get an agent.', responses: { 200: agentSchema } } },
    async ({ services, caller, params }) =>
      view(await getLlmAgent(services, ownerOf(caller), stored(params.id))),
  ),
  patch(
    '/v1/agents/:id',
    {
      ...needs('write'),
      body: changes,
      reference: { summary: 'Change the given fields of an agent.', responses: { 200: agentSchema } },
    },
    async ({ services, caller, params, body }) =>
      view(await updateLlmAgent(services, ownerOf(caller), stored(params.id), body)),
  ),
  put(
    '/v1/agents/:id',
    {
      ...needs('write'),
      body: creation,
      reference: { summary: 'Replace an agent.', responses: { 200: agentSchema } },
    },
    async ({ services, caller, params, body }) =>
      view(await updateLlmAgent(services, ownerOf(caller), stored(params.id), body)),
  ),
  remove(
    '/v1/agents/:id',
    { ...needs('delete'), reference: { summary: 'Delete an agent.', responses: { 204: null } } },
    async ({ services, caller, params }) => {
      await deleteLlmAgent(services, ownerOf(caller), stored(params.id));
      return reply(204);
    },
  ),
];
