/**
 * Agents: who a person's end users talk to. They belong to one account and one environment.
 */
import { sqlNow } from '../../../../shared/clock.js';
import type { KeyEnvironment } from '../../../../shared/crypto/key-format.js';
import { DomainError } from '../../../../shared/errors.js';
import { newId } from '../../../../shared/ids.js';
import { requireRoom } from '../../../../shared/postgres/row-limit.js';
import { inTransaction, type Services } from '../../../../shared/services.js';
import { type Page, readPage } from '../../paging.js';
import { isUsable } from './catalogue.js';

/** Whose things: an account's, in one environment. */
export interface Partition {
  ownerId: string;
  environment: KeyEnvironment;
}

export interface Agent {
  id: string;
  name: string;
  avatarId: string | null;
  language: string;
  customGreeting: string;
  context: string;
  properties: Record<string, unknown>;
  status: 'active' | 'inactive';
  createdAt: Date;
  updatedAt: Date;
}

export type AgentFields = Omit<Agent, 'id' | 'createdAt' | 'updatedAt'>;

const columns = {
  id: 'id',
  name: 'name',
  avatarId: 'avatar_id',
  language: 'language',
  customGreeting: 'custom_greeting',
  context: 'context',
  properties: 'properties',
  status: 'status',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
};

const returned = Object.entries(columns).map(([property, column]) => `${column} as ${property}`);

const within = ({ ownerId, environment }: Partition) => ({ owner_id: ownerId, environment });

/** Throws `validation` for an avatar that the account may not use, and `conflict` for an account with 1,000 agents. */
export async function createAgent(
  services: Services,
  partition: Partition,
  members: AgentFields,
): Promise<Agent> {
  const { ownerId } = partition;
  return inTransaction(services, async (tx) => {
    const rows = tx.db('personas').where({ owner_id: ownerId });
    await requireRoom(tx, { kind: 'agents', accountId: ownerId, rows });
    await requireAvatar(tx, partition, members.avatarId);
    const [agent] = await tx.db('personas').insert(
      {
        id: newId(),
        ...within(partition),
        ...toColumns(members),
        created_at: sqlNow(tx),
        updated_at: sqlNow(tx),
      },
      returned,
    );
    return agent;
  });
}

/** The newest first; `after` is the id of the last one seen. */
export async function listAgents(
  services: Services,
  partition: Partition,
  { limit, after }: { limit: number; after?: string },
): Promise<Page<Agent>> {
  const query = services.db('personas').select(columns).where(within(partition)).orderBy('id', 'desc');
  if (after !== undefined) query.where('id', '<', after);
  return readPage<Agent>(services, query, limit, (agent) => agent.id);
}

/** Throws `not_found`. */
export async function getAgent(services: Services, partition: Partition, id: string): Promise<Agent> {
  const agent: Agent | undefined = await services
    .db('personas')
    .select(columns)
    .where({ ...within(partition), id })
    .first();
  return agent ?? missing();
}

/** Changes the members that are given. Throws `not_found` and `validation`. */
export async function updateAgent(
  services: Services,
  partition: Partition,
  id: string,
  members: Partial<AgentFields>,
): Promise<Agent> {
  await requireAvatar(services, partition, members.avatarId);
  const [agent] = await services
    .db('personas')
    .where({ ...within(partition), id })
    .update({ ...toColumns(members), updated_at: sqlNow(services) }, returned);
  return agent ?? missing();
}

/** Throws `not_found`. Sessions that it had stay, without it. */
export async function deleteAgent(services: Services, partition: Partition, id: string): Promise<void> {
  const deleted = await services
    .db('personas')
    .where({ ...within(partition), id })
    .delete();
  if (deleted === 0) missing();
}

async function requireAvatar(services: Services, { ownerId }: Partition, id: string | null | undefined) {
  if (id && !(await isUsable(services, 'avatar', ownerId, id))) {
    throw new DomainError('validation', { field: 'avatar_id', message: 'Avatar not found' });
  }
}

function missing(): never {
  throw new DomainError('not_found', { message: 'Agent not found' });
}

function toColumns(members: Partial<AgentFields>): Record<string, unknown> {
  const given = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    given.map(([name, value]) => [
      columns[name as keyof AgentFields],
      name === 'properties' ? JSON.stringify(value) : value,
    ]),
  );
}
