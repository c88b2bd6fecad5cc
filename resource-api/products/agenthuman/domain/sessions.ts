/**
 * Sessions with a agent and the messages in them. How many may be active at once is a matter of the plan, and is
 * counted under a lock, so that any number of parallel starts take exactly the places that there are.
 */
import { sqlNow } from '../../../../shared/clock.js';
import { DomainError } from '../../../../shared/errors.js';
import { newId } from '../../../../shared/ids.js';
import { inTransaction, type Services } from '../../../../shared/services.js';
import { type Page, readPage } from '../../paging.js';
import { getAgent, type Partition } from './agents.js';

export interface AgentSession {
  id: string;
  agentId: string | null;
  agentName: string | null;
  avatarId: string | null;
  sessionType: string;
  status: 'active' | 'completed';
  metadata: Record<string, unknown>;
  messageCount: number;
  startedAt: Date;
  endedAt: Date | null;
}

export interface SessionMessage {
  id: string;
  /** Its place in the session, from 1. */
  seq: number;
  role: 'user' | 'agent' | 'system';
  content: string;
  createdAt: Date;
}

const columns = {
  id: 'persona_sessions.id',
  agentId: 'persona_sessions.persona_id',
  agentName: 'personas.name',
  avatarId: 'personas.avatar_id',
  sessionType: 'persona_sessions.session_type',
  status: 'persona_sessions.status',
  metadata: 'persona_sessions.metadata',
  messageCount: 'persona_sessions.message_count',
  startedAt: 'persona_sessions.started_at',
  endedAt: 'persona_sessions.ended_at',
};

function sessionsOf(services: Services, { ownerId, environment }: Partition) {
  return services
    .db('persona_sessions')
    .leftJoin('personas', 'personas.id', 'persona_sessions.persona_id')
    .where({ 'persona_sessions.owner_id': ownerId, 'persona_sessions.environment': environment });
}

/** Starts a session. Throws `not_found` for a agent, `concurrent_sessions_exceeded` when the plan has no place. */
export async function startSession(
  services: Services,
  partition: Partition,
  input: { agentId: string; sessionType: string; metadata: Record<string, unknown>; maximumActive: number },
): Promise<AgentSession> {
  const { ownerId, environment } = partition;
  return inTransaction(services, async (tx) => {
    await getAgent(tx, partition, input.agentId);
    await tx.db.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [
      `persona-sessions:${ownerId}:${environment}`,
    ]);
    const active = await tx
      .db('persona_sessions')
      .where({ owner_id: ownerId, environment, status: 'active' })
      .count({ active: '*' })
      .first();
    const current = Number(active?.active);
    if (current >= input.maximumActive) {
      throw new DomainError('concurrent_sessions_exceeded', {
        details: { concurrency: { current, max: input.maximumActive, available: 0 } },
      });
    }
    const id = newId();
    await tx.db('persona_sessions').insert({
      id,
      owner_id: ownerId,
      environment,
      persona_id: input.agentId,
      session_type: input.sessionType,
      status: 'active',
      metadata: JSON.stringify(input.metadata),
      started_at: sqlNow(tx),
    });
    return getSession(tx, partition, id);
  });
}

/** The newest first. */
export async function listSessions(
  services: Services,
  partition: Partition,
  { status, limit, after }: { status?: 'active' | 'completed'; limit: number; after?: string },
): Promise<Page<AgentSession>> {
  const query = sessionsOf(services, partition).select(columns).orderBy('persona_sessions.id', 'desc');
  if (status !== undefined) query.where({ 'persona_sessions.status': status });
  if (after !== undefined) query.where('persona_sessions.id', '<', after);
  return readPage<AgentSession>(services, query, limit, (session) => session.id);
}

/** Throws `not_found`. */
export async function getSession(
  services: Services,
  partition: Partition,
  id: string,
): Promise<AgentSession> {
  const session: AgentSession | undefined = await sessionsOf(services, partition)
    .select(columns)
    .where({ 'persona_sessions.id': id })
    .first();
  return session ?? missing();
}

/** Ends a session; one that has ended stays as it ended. Throws `not_found`. */
export async function endSession(
  services: Services,
  partition: Partition,
  id: string,
): Promise<AgentSession> {
  const { ownerId, environment } = partition;
  await services
    .db('persona_sessions')
    .where({ id, owner_id: ownerId, environment, status: 'active' })
    .update({ status: 'completed', ended_at: sqlNow(services) });
  return getSession(services, partition, id);
}

/** Adds a message at the end. Throws `not_found`, and `conflict` for a session that has ended. */
export async function addMessage(
  services: Services,
  partition: Partition,
  sessionId: string,
  message: Pick<SessionMessage, 'role' | 'content'>,
): Promise<SessionMessage> {
  const { ownerId, environment } = partition;
  return inTransaction(services, async (tx) => {
    // The count gives the place, and updating it makes writers of one session wait for each other.
    const [counted] = await tx
      .db('persona_sessions')
      .where({ id: sessionId, owner_id: ownerId, environment, status: 'active' })
      .increment('message_count', 1)
      .returning('message_count');
    if (!counted) {
      await getSession(tx, partition, sessionId);
      throw new DomainError('conflict', { message: 'Session has ended' });
    }
    const [added] = await tx.db('persona_messages').insert(
      {
        session_id: sessionId,
        seq: counted.message_count,
        id: newId(),
        role: message.role,
        content: message.content,
        created_at: sqlNow(tx),
      },
      ['id', 'seq', 'role', 'content', 'created_at as createdAt'],
    );
    return added;
  });
}

/** Messages in their order, from after a place. Throws `not_found`. */
export async function listMessages(
  services: Services,
  partition: Partition,
  sessionId: string,
  { limit, after = 0 }: { limit: number; after?: number },
): Promise<Page<SessionMessage>> {
  await getSession(services, partition, sessionId);
  const query = services
    .db('persona_messages')
    .where({ session_id: sessionId })
    .where('seq', '>', after)
    .orderBy('seq')
    .select('id', 'seq', 'role', 'content', 'created_at as createdAt');
  return readPage<SessionMessage>(services, query, limit, (message) => String(message.seq));
}

function missing(): never {
  throw new DomainError('not_found', { message: 'Session not found' });
}
