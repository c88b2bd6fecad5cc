/** Agents: personas with an avatar, for whom sessions are started. */
import { z } from 'zod';
import { reply } from '../../routing/reply.js';
import { get, patch, post, put, remove } from '../../routing/route.js';
import {
  eitherCredential,
  environmentQuery,
  isoTime,
  pageMembers,
  paging,
  partitionOf,
  readPaging,
  storedId,
  success,
} from './conventions.js';
import {
  createPersona,
  deletePersona,
  getPersona,
  listPersonas,
  type Persona,
  type PersonaMembers,
  updatePersona,
} from './domain/personas.js';

const members = z.strictObject({
  name: z.string().trim().min(1).max(100),
  avatar_id: z.string().max(64).nullable(),
  language: z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/),
  custom_greeting: z.string().max(2000),
  context: z.string().max(32_000),
  properties: z.record(z.string(), z.unknown()),
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

const changes = members.partial();

const toMembers = ({
  avatar_id,
  custom_greeting,
  ...rest
}: z.output<typeof changes>): Partial<PersonaMembers> => ({
  ...rest,
  avatarId: avatar_id,
  customGreeting: custom_greeting,
});

const view = (persona: Persona) => ({
  agent_id: `agnt_${persona.id}`,
  name: persona.name,
  avatar_id: persona.avatarId,
  language: persona.language,
  custom_greeting: persona.customGreeting,
  context: persona.context,
  properties: persona.properties,
  status: persona.status,
  created_at: isoTime(persona.createdAt),
  updated_at: isoTime(persona.updatedAt),
});

const one = { ...eitherCredential, query: environmentQuery };
const change = { ...one, body: changes };

export const agentRoutes = [
  get('/v1/agents', { ...eitherCredential, query: paging }, async ({ services, caller, query }) => {
    const page = await listPersonas(services, partitionOf(caller, query), readPaging(query));
    return success({ agents: page.items.map(view), ...pageMembers(page) });
  }),
  post(
    '/v1/agents',
    { ...one, body: creation, idempotent: true },
    async ({ services, caller, query, body }) => {
      const { avatar_id: avatarId, custom_greeting: customGreeting, ...rest } = body;
      const persona = await createPersona(services, partitionOf(caller, query), {
        ...rest,
        avatarId,
        customGreeting,
      });
      return reply(201, success({ agent: view(persona), message: 'Agent created successfully' }));
    },
  ),
  get('/v1/agents/:id', one, async ({ services, caller, query, params }) => {
    const persona = await getPersona(services, partitionOf(caller, query), storedId('agnt', params.id));
    return success({ agent: view(persona) });
  }),
  ...[patch, put].map((method) =>
    method('/v1/agents/:id', change, async ({ services, caller, query, params, body }) => {
      const id = storedId('agnt', params.id);
      const persona = await updatePersona(services, partitionOf(caller, query), id, toMembers(body));
      return success({ agent: view(persona), message: 'Agent updated successfully' });
    }),
  ),
  remove('/v1/agents/:id', one, async ({ services, caller, query, params }) => {
    await deletePersona(services, partitionOf(caller, query), storedId('agnt', params.id));
    return success({ message: 'Agent deleted successfully' });
  }),
];
