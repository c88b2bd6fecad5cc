/**
 * Agents of a person: a language model with instructions and tools. Another person's agent is as good as none.
 */
import { sqlNow } from '../../../../shared/clock.js';
import { DomainError } from '../../../../shared/errors.js';
import { newId } from '../../../../shared/ids.js';
import { requireRoom } from '../../../../shared/postgres/row-limit.js';
import { inTransaction, type Services } from '../../../../shared/services.js';
import { type Page, readPage } from '../../paging.js';

export interface LlmAgent {
  id: string;
  name: string;
  description: string;
  instructions: string;
  model: string;
  /** Names or definitions, as the owner wrote them. */
  tools: unknown[];
  metadata: Record<string, unknown>;
  createdAt: Date;
  updatedAt: Date;
}

export type LlmAgentFields = Omit<LlmAgent, 'id' | 'createdAt' | 'updatedAt'>;

const columns = {
  id: 'id',
  name: 'name',
  description: 'description',
  instructions: 'instructions',
  model: 'model',
  tools: 'tools',
  metadata: 'metadata',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
};

const returned = Object.entries(columns).map(([property, column]) => `${column} as ${property}`);

/** Throws `conflict` for an account with 1,000 agents. */
export async function createLlmAgent(
  services: Services,
  ownerId: string,
  members: LlmAgentFields,
): Promise<LlmAgent> {
  return inTransaction(services, async (tx) => {
    const rows = tx.db('llm_agents').where({ owner_id: ownerId });
    await requireRoom(tx, { kind: 'agents', accountId: ownerId, rows });
    const [agent] = await tx.db('llm_agents').insert(
      {
        id: newId(),
        owner_id: ownerId,
        ...toColumns(members),
        created_at: sqlNow(tx),
        updated_at: sqlNow(tx),
      },
      returned,
    );
    return agent;
  });
}

/** A person's agents, the newest first; `after` is the id of the last one seen. */
export async function listLlmAgents(
  services: Services,
  ownerId: string,
  { limit, after }: { limit: number; after?: string },
): Promise<Page<LlmAgent>> {
  const query = services.db('llm_agents').select(columns).where({ owner_id: ownerId }).orderBy('id', 'desc');
  if (after !== undefined) query.where('id', '<', after);
  return readPage<LlmAgent>(services, query, limit, (agent) => agent.id);
}

/** Throws `not_found`. */
export async function getLlmAgent(services: Services, ownerId: string, id: string): Promise<LlmAgent> {
  const agent: LlmAgent | undefined = await services
    .db('llm_agents')
    .select(columns)
    .where({ owner_id: ownerId, id })
    .first();
  return agent ?? missing();
}

/** Changes the members that are given. Throws `not_found`. */
export async function updateLlmAgent(
  services: Services,
  ownerId: string,
  id: string,
  members: Partial<LlmAgentFields>,
): Promise<LlmAgent> {
  const [agent] = await services
    .db('llm_agents')
    .where({ owner_id: ownerId, id })
    .update({ ...toColumns(members), updated_at: sqlNow(services) }, returned);
  return agent ?? missing();
}

/** Throws `not_found`. */
export async function deleteLlmAgent(services: Services, ownerId: string, id: string): Promise<void> {
  const deleted = await services.db('llm_agents').where({ owner_id: ownerId, id }).delete();
  if (deleted === 0) missing();
}

function missing(): never {
  throw new DomainError('not_found', { subject: 'agent' });
}

function toColumns({ tools, metadata, ...members }: Partial<LlmAgentFields>): Record<string, unknown> {
  return {
    ...members,
    ...(tools === undefined ? {} : { tools: JSON.stringify(tools) }),
    ...(metadata === undefined ? {} : { metadata: JSON.stringify(metadata) }),
  };
}
