/** Calls of the MCP server over HTTP, for tests: each a message of one of the two generations of the protocol. */
import { type Answer, callApi } from '../../../testing/serve.js';

export interface RpcOptions {
  /** Capabilities that a client of revision 2026-07-28 declares; undefined for a client of 2025. */
  capabilities?: Record<string, unknown>;
  /** Further members of `params`. */
  params?: Record<string, unknown>;
  headers?: Record<string, string>;
}

export interface RpcBody {
  result?: Record<string, unknown>;
  error?: { code: number; message: string; data?: Record<string, unknown> };
}

export const tasksExtension = { extensions: { 'io.modelcontextprotocol/tasks': {} } };

let lastId = 0;

/** Sends one request; the body is the JSON-RPC response. */
export async function sendRpc(
  url: string,
  bearer: string | undefined,
  method: string,
  { capabilities, params = {}, headers = {} }: RpcOptions = {},
): Promise<Answer & { rpc: RpcBody }> {
  lastId += 1;
  const modern = capabilities !== undefined;
  const name = params.name ?? params.taskId;
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': capabilities,
  };
  const answer = await callApi(url, {
    bearer,
    body: { jsonrpc: '2.0', id: lastId, method, params: modern ? { ...params, _meta: meta } : params },
    headers: {
      Accept: 'application/json, text/event-stream',
      'MCP-Protocol-Version': modern ? '2026-07-28' : '2025-11-25',
      ...(modern && { 'Mcp-Method': method }),
      ...(modern && typeof name === 'string' && { 'Mcp-Name': name }),
      ...headers,
    },
  });
  return { ...answer, rpc: readRpc(answer) };
}

/** The response of a body that is JSON, or of the last event of a stream. */
function readRpc({ headers, body, text }: Answer): RpcBody {
  if (!headers.get('content-type')?.startsWith('text/event-stream')) return body as RpcBody;
  const last = text.split('\n').findLast((line) => line.startsWith('data: {'));
  return JSON.parse(last?.slice('data: '.length) ?? '{}') as RpcBody;
}

export interface ToolOutcome {
  status: number;
  headers: Headers;
  isError: boolean;
  /** `structuredContent`. */
  data: Record<string, unknown>;
  texts: string[];
  /** The whole result. */
  result: Record<string, unknown>;
  error: RpcBody['error'];
}

/** Calls a tool. */
export async function callTool(
  url: string,
  bearer: string,
  name: string,
  input: Record<string, unknown> = {},
  options: RpcOptions = {},
): Promise<ToolOutcome> {
  const params = { name, arguments: input, ...options.params };
  const { status, headers, rpc } = await sendRpc(url, bearer, 'tools/call', { ...options, params });
  const result = rpc.result ?? {};
  const content = (result.content ?? []) as { text: string }[];
  return {
    status,
    headers,
    isError: result.isError === true,
    data: (result.structuredContent ?? {}) as Record<string, unknown>,
    texts: content.map(({ text }) => text),
    result,
    error: rpc.error,
  };
}
