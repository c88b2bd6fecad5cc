/** Figures of the MCP server: calls of tools by tool, outcome and revision of the protocol. */
import { PROTOCOL_VERSION_META_KEY, type ServerContext } from '@modelcontextprotocol/server';
import { registerMetrics } from '../../../shared/metrics/metrics.js';
import type { Services } from '../../../shared/services.js';
import type { ToolResult } from './tool.js';

const revisions = ['2026-07-28', '2025-11-25', '2025-06-18'];

export type CountCall = (services: Services, tool: string, result: ToolResult, ctx: ServerContext) => void;

/** A counter for one mount; it registers its figures with the first call. */
export function createToolCounter(): CountCall {
  const totals = new Map<string, { labels: Record<string, string>; value: number }>();
  let registered = false;
  return (services, tool, result, ctx) => {
    if (!registered) {
      registered = true;
      const help = 'Calls of tools by agents.';
      const read = () => [...totals.values()];
      registerMetrics(services, [
        {
          name: 'agent_tool_calls_total',
          help,
          type: 'counter',
          labels: ['tool', 'outcome', 'revision'],
          read,
        },
      ]);
    }
    const labels = { tool, outcome: outcomeOf(result), revision: revisionOf(ctx) };
    const key = Object.values(labels).join(' ');
    const total = totals.get(key) ?? { labels, value: 0 };
    total.value += 1;
    totals.set(key, total);
  };
}

function outcomeOf(result: ToolResult): string {
  if ('resultType' in result && typeof result.resultType === 'string') return result.resultType;
  return 'isError' in result && result.isError === true ? 'error' : 'complete';
}

/** One of those that are known: a label never holds what a client wrote. */
function revisionOf({ mcpReq, http }: ServerContext): string {
  const envelope: Record<string, unknown> = { ...mcpReq.envelope };
  const named = envelope[PROTOCOL_VERSION_META_KEY] ?? http?.req?.headers.get('mcp-protocol-version');
  return revisions.find((revision) => revision === named) ?? 'other';
}
