/** Sessions of end users with an agent, and the messages in them. */
import { z } from 'zod';
import { DomainError } from '../../../shared/errors.js';
import { freeForm, text } from '../../body/member-schemas.js';
import { reply } from '../../routing/reply.js';
import { get, post } from '../../routing/route.js';
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
  type AgentSession,
  addMessage,
  endSession,
  getSession,
  listMessages,
  listSessions,
  type SessionMessage,
  startSession,
} from './domain/sessions.js';

const newSession = z.strictObject({
  agent_id: z.string().max(64),
  session_type: z.enum(['agent_voice', 'agent_video', 'agent_chat', 'webrtc_video']).default('agent_chat'),
  metadata: freeForm.default({}),
});

const newMessage = z.strictObject({
  role: z.enum(['user', 'agent', 'system']).default('user'),
  content: text(1, 10_000),
});

const listQuery = paging.extend({ status: z.enum(['all', 'active', 'completed']).default('all') });

const sessionSchema = z.strictObject({
  session_id: z.string(),
  agent_id: z.string().nullable(),
  agent_name: z.string().nullable(),
  avatar_id: z.string().nullable(),
  session_type: z.string(),
  status: z.enum(['active', 'completed']),
  metadata: z.record(z.string(), z.unknown()),
  message_count: z.int(),
  created_at: z.iso.datetime(),
  started_at: z.iso.datetime(),
  ended_at: z.iso.datetime().nullable(),
  duration: z.int().nullable(),
});

const messageSchema = z.strictObject({
  message_id: z.string(),
  role: z.enum(['user', 'agent', 'system']),
  content: z.string(),
  created_at: z.iso.datetime(),
});

const view = (session: AgentSession): z.input<typeof sessionSchema> => ({
  session_id: `sess_${session.id}`,
  agent_id: session.agentId && `agnt_${session.agentId}`,
  agent_name: session.agentName,
  avatar_id: session.avatarId,
  session_type: session.sessionType,
  status: session.status,
  metadata: session.metadata,
  message_count: session.messageCount,
  created_at: isoTime(session.startedAt),
  started_at: isoTime(session.startedAt),
  ended_at: session.endedAt && isoTime(session.endedAt),
  /** Whole seconds; null while it goes on. */
  duration: session.endedAt && Math.round((session.endedAt.getTime() - session.startedAt.getTime()) / 1000),
});

const messageView = (message: SessionMessage): z.input<typeof messageSchema> => ({
  message_id: `msg_${message.id}`,
  role: message.role,
  content: message.content,
  created_at: isoTime(message.createdAt),
});

/** The place of a message in its session; Postgres counts them up to 2^31 - 1. Throws `validation` for what is none. */
function readPlace(cursor: string): number {
  if (/^\d{1,9}$/.test(cursor)) return Number(cursor);
  throw new DomainError('validation', { field: 'cursor', message: 'cursor is not valid' });
}

const one = { ...eitherCredential, query: environmentQuery };

export const sessionRoutes = [
  get(
    '/v1/sessions',
    {
      ...eitherCredential,
      query: listQuery,
      reference: {
        summary: 'List sessions, the newest first.',
        responses: { 200: successSchema({ sessions: z.array(sessionSchema), ...pageSchemas }) },
      },
    },
    async ({ services, caller, query }) => {
      const status = query.status === 'all' ? undefined : query.status;
      const page = await listSessions(services, partitionOf(caller, query), { ...readPaging(query), status });
      return success({ sessions: page.items.map(view), ...pageMembers(page) });
    },
  ),
  post(
    '/v1/sessions',
    {
      ...one,
      body: newSession,
      idempotent: true,
      reference: {
        summary: 'Start a session with an agent.',
        responses: { 201: successSchema({ session: sessionSchema, message: z.string() }) },
        errors: ['not_found', 'concurrent_sessions_exceeded'],
      },
    },
    async ({ services, caller, query, body }) => {
      const session = await startSession(services, partitionOf(caller, query), {
        agentId: storedId('agnt', body.agent_id),
        sessionType: body.session_type,
        metadata: body.metadata,
        maximumActive: caller.planDefinition.concurrentSessions ?? 1,
      });
      return reply(201, success({ session: view(session), message: 'Session created successfully' }));
    },
  ),
  get(
    '/v1/sessions/:id',
    {
      ...one,
      reference: { summary: 'Get a session.', responses: { 200: successSchema({ session: sessionSchema }) } },
    },
    async ({ services, caller, query, params }) => {
      const session = await getSession(services, partitionOf(caller, query), storedId('sess', params.id));
      return success({ session: view(session) });
    },
  ),
  post(
    '/v1/sessions/:id/end',
    {
      ...one,
      reference: {
        summary: 'End a session.',
        responses: { 200: successSchema({ session: sessionSchema, message: z.string() }) },
      },
    },
    async ({ services, caller, query, params }) => {
      const session = await endSession(services, partitionOf(caller, query), storedId('sess', params.id));
      return success({ session: view(session), message: 'Session ended' });
    },
  ),
  get(
    '/v1/sessions/:id/messages',
    {
      ...eitherCredential,
      query: paging,
      reference: {
        summary: 'List the messages of a session in their order.',
        responses: { 200: successSchema({ messages: z.array(messageSchema), ...pageSchemas }) },
      },
    },
    async ({ services, caller, query, params }) => {
      const { limit, after } = readPaging(query);
      const place = after === undefined ? undefined : readPlace(after);
      const partition = partitionOf(caller, query);
      const page = await listMessages(services, partition, storedId('sess', params.id), {
        limit,
        after: place,
      });
      return success({ messages: page.items.map(messageView), ...pageMembers(page) });
    },
  ),
  post(
    '/v1/sessions/:id/messages',
    {
      ...one,
      body: newMessage,
      idempotent: true,
      reference: {
        summary: 'Add a message to a session.',
        responses: { 201: successSchema({ message: messageSchema }) },
        errors: ['conflict'],
      },
    },
    async ({ services, caller, query, params, body }) => {
      const partition = partitionOf(caller, query);
      const message = await addMessage(services, partition, storedId('sess', params.id), body);
      return reply(201, success({ message: messageView(message) }));
    },
  ),
];
