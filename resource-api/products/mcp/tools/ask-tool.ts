/** The tool of one kind of request: asks once, and returns at once. */
import type { ServerContext } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { askScope, payScope } from '../../../../shared/products/mcp.js';
import type { PeopleRequestKind } from '../../../routing/agent-tools.js';
import type { Agent } from '../agent.js';
import { askOnce } from '../ask.js';
import { takesTasks } from '../capabilities.js';
import { askToConnect, type ConnectState, isMissingConsent, type StateCodec } from '../connect.js';
import { requestResult, requestShape } from '../request-view.js';
import { createdTask } from '../task-view.js';
import type { Tool, ToolResult } from '../tool.js';

const idempotencyKey = z
  .string()
  .min(1)
  .max(200)
  .optional()
  .describe('A call with a key that was used in the last 24 hours gets the request of the first call.');

export function askToolOf(kind: PeopleRequestKind, codec: StateCodec): Tool {
  const { name, title, description, pays, input } = kind.ask;
  return {
    name,
    title,
    description,
    scope: pays ? payScope : askScope,
    input: input.extend({ idempotency_key: idempotencyKey }),
    output: requestShape,
    annotations: { readOnlyHint: false, destructiveHint: pays, idempotentHint: true, openWorldHint: true },
    run: (agent, given, ctx) => run(agent, kind, codec, given, ctx),
  };
}

async function run(
  agent: Agent,
  kind: PeopleRequestKind,
  codec: StateCodec,
  { idempotency_key: named, ...input }: Record<string, unknown>,
  ctx: ServerContext,
): Promise<ToolResult> {
  const state = ctx.mcpReq.requestState<ConnectState>();
  const key = typeof named === 'string' ? named : state && `connect ${state.ref}`;
  try {
    const made = await askOnce(agent, kind, input, key);
    const nowMs = agent.services.clock.ms();
    return takesTasks(ctx) ? createdTask(made, nowMs) : requestResult(made, nowMs);
  } catch (error) {
    if (!isMissingConsent(error)) throw error;
    return askToConnect(agent, kind, codec, ctx);
  }
}
