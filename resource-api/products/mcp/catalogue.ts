/** The tools that exist in one environment. */
import { askScope, readScope } from '../../../shared/products/mcp.js';
import type { Agent } from './agent.js';
import type { StateCodec } from './connect.js';
import type { Tool } from './tool.js';
import { askToolOf } from './tools/ask-tool.js';
import { listHumans } from './tools/people.js';
import {
  answerClarification,
  cancelRequestTool,
  getRequestTool,
  settleRequestTool,
} from './tools/requests.js';

/** Tools for requests of which some kind can do it; a kind without simulated people has none in the test environment. */
export function toolsOf({ kinds }: Pick<Agent, 'kinds'>, codec: StateCodec): Tool[] {
  return [
    listHumans,
    ...kinds.map((kind) => askToolOf(kind, codec)),
    getRequestTool,
    ...(kinds.some(({ clarify }) => clarify) ? [answerClarification] : []),
    ...(kinds.some(({ settle }) => settle) ? [settleRequestTool] : []),
    cancelRequestTool,
  ];
}

const scopesOfMethods: Readonly<Record<string, string>> = {
  'tasks/get': readScope,
  'tasks/update': askScope,
  'tasks/cancel': askScope,
};

/** The scope that a JSON-RPC message needs; undefined where any credential will do. */
export function scopeOf(tools: readonly Pick<Tool, 'name' | 'scope'>[], message: Record<string, unknown>) {
  const { method, params } = message;
  if (typeof method !== 'string') return undefined;
  if (method !== 'tools/call') return scopesOfMethods[method];
  const name = typeof params === 'object' && params !== null && 'name' in params ? params.name : undefined;
  return tools.find((tool) => tool.name === name)?.scope;
}
