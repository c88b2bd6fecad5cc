/**
 * Streamable HTTP behind the request pipeline: the credential, the limits, the access log and the size of the body are
 * the pipeline's; here are the origin, the scope of what is called, and the SDK's handler, which serves the revision
 * 2026-07-28 and, without sessions, those of 2025. Any process can serve any request.
 */
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { toWebRequest } from '@modelcontextprotocol/node';
import { createMcpHandler, type McpServer, type Server } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { KeyEnvironment } from '../../../shared/crypto/key-format.js';
import { DomainError } from '../../../shared/errors.js';
import { Reply } from '../../routing/reply.js';
import { accessToken, apiKey, get, post, type Route } from '../../routing/route.js';
import type { AgentCall } from './agent.js';

export interface McpCall extends AgentCall {
  /** The JSON-RPC message. */
  body: Record<string, unknown>;
}

/** What is served: an MCP server for each request, and what a call of it needs. */
export interface McpDefinition {
  server(call: McpCall, environment: KeyEnvironment): Server | McpServer;
  /** The scope that the call needs; undefined where any credential will do. */
  scope(call: McpCall, environment: KeyEnvironment): string | undefined;
  /** The tools, for a reader without an MCP client. */
  describe(call: AgentCall, environment: KeyEnvironment): unknown;
}

const message = z.record(z.string(), z.unknown());

/** Open streams of `subscriptions/listen`, on which this server has nothing to send. */
const maximumSubscriptions = 100;

export function mcpRoutes(definition: McpDefinition): Route[] {
  const handler = createMcpHandler(
    ({ authInfo }) => {
      if (!authInfo) throw new Error('a request came without its call');
      const { call, environment } = authInfo.extra as unknown as Served;
      return definition.server(call, environment);
    },
    { legacy: 'stateless', maxSubscriptions: maximumSubscriptions },
  );

  async function serve(call: McpCall, environment: KeyEnvironment): Promise<Reply> {
    checkOrigin(call);
    checkScope(call, definition.scope(call, environment));
    const ended = new AbortController();
    const end = () => ended.abort();
    const { socket } = call.incoming;
    socket.once('close', end);
    const release = () => socket.off('close', end);
    const request = await toWebRequest(call.incoming, call.body, {
      signal:
        call.body.method === 'subscriptions/listen'
          ? AbortSignal.any([ended.signal, call.closing])
          : ended.signal,
    });
    const served: Served = { call, environment };
    // No token goes into the SDK: nothing behind the pipeline has a use for it.
    const authInfo = { token: '', clientId: '', scopes: [], extra: { ...served } };
    const response = await handler.fetch(request, { authInfo, parsedBody: call.body });
    return toReply(response, release);
  }

  const by = (environment: KeyEnvironment) => [apiKey(environment), accessToken()] as const;
  return [
    post('/', { by: by('live'), body: message }, (call) => serve(call, 'live')),
    post('/test', { by: by('test'), body: message }, (call) => serve(call, 'test')),
    get('/tools', { by: [apiKey(), accessToken()] }, (call) => {
      const { caller } = call;
      const environment = caller.kind === 'apiKey' ? caller.environment : 'live';
      return { tools: definition.describe(call, environment) };
    }),
  ];
}

interface Served {
  call: McpCall;
  environment: KeyEnvironment;
}

/** Browsers send it: a page of another origin must not reach the server with its visitor's network. */
function checkOrigin({ incoming, services: { config } }: McpCall): void {
  const { origin } = incoming.headers;
  if (origin === undefined) return;
  const allowed = [config.apiUrl, config.issuer, ...config.mcpAllowedOrigins].map(
    (url) => new URL(url).origin,
  );
  if (!allowed.includes(origin)) {
    throw new DomainError('access_denied', { message: 'Pages of this origin may not call the MCP server.' });
  }
}

/** Throws before the call is dispatched, so that the client gets a 403 with the scopes to ask for. */
function checkScope({ caller }: McpCall, needed: string | undefined): void {
  if (needed === undefined) return;
  if (caller.kind === 'accessToken' && !caller.scopes.includes(needed)) {
    throw new DomainError('insufficient_scope', { needed });
  }
  if (caller.kind === 'apiKey' && caller.permissions && !caller.permissions.includes(needed)) {
    throw new DomainError('permission_missing', { needed });
  }
}

async function toReply(response: Response, release: () => void): Promise<Reply> {
  const headers = Object.fromEntries(response.headers);
  const isStream = headers['content-type']?.startsWith('text/event-stream') === true;
  if (response.body === null || !isStream) {
    const text = await response.text();
    release();
    return new Reply(response.status, text === '' ? undefined : text, headers);
  }
  const stream = Readable.fromWeb(response.body as ReadableStream);
  stream.once('close', release);
  return new Reply(response.status, stream, headers);
}
