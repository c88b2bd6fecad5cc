/** Tools for requests that were made: reading, replying, settling, cancelling. */
import type { ServerContext } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { askScope, payScope, readScope } from '../../../../shared/products/mcp.js';
import type { Agent } from '../agent.js';
import { answerRequest, cancelRequest, getRequest, settleRequest } from '../made-requests.js';
import { type MadeRequest, requestResult, requestShape } from '../request-view.js';
import { tool } from '../tool.js';
import { waitForChange } from '../wait.js';

const requestId = z.string().max(100).describe('request_id of a tool that asks.');

const result = (agent: Agent, made: MadeRequest) => requestResult(made, agent.services.clock.ms());

const changing = { readOnlyHint: false, openWorldHint: true };

export const getRequestTool = tool({
  name: 'get_request',
  title: 'Read a request',
  description:
    'Tells how a request stands, and the reply once there is one. With wait_seconds the call waits that long for a change; otherwise call again after poll_after_seconds.',
  scope: readScope,
  input: z.object({ request_id: requestId, wait_seconds: z.int().min(0).max(50).default(0) }),
  output: requestShape,
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  async run(agent, { request_id: id, wait_seconds: seconds }, ctx) {
    const first = await getRequest(agent, id);
    const made = await waitForChange(first, {
      seconds,
      signals: [ctx.mcpReq.signal, agent.closing],
      read: () => getRequest(agent, id),
      onChange: progressTeller(ctx),
    });
    return result(agent, made);
  },
});

/** Tells changes to a client that asked for progress. */
function progressTeller(ctx: ServerContext): (made: MadeRequest) => Promise<void> {
  const progressToken = ctx.mcpReq._meta?.progressToken;
  let progress = 0;
  return async ({ state }) => {
    if (progressToken === undefined) return;
    progress += 1;
    const params = { progressToken, progress, message: state.status.replace('_', ' ') };
    await ctx.mcpReq.notify({ method: 'notifications/progress', params });
  };
}

export const answerClarification = tool({
  name: 'answer_clarification',
  title: 'Reply to a person who asked back',
  description:
    'Replies to the question of a request whose status is needs_input; the person goes on with it.',
  scope: askScope,
  input: z.object({ request_id: requestId, answer: z.string().trim().min(1).max(5000) }),
  output: requestShape,
  annotations: { ...changing, destructiveHint: false, idempotentHint: false },
  run: async (agent, { request_id: id, answer }) => result(agent, await answerRequest(agent, id, answer)),
});

export const settleRequestTool = tool({
  name: 'settle_request',
  title: 'Approve or dispute a proof',
  description:
    'Approves the proof of a paid task, which pays the worker, or disputes it, which returns the budget to you.',
  scope: payScope,
  input: z.object({
    request_id: requestId,
    decision: z.enum(['approve', 'dispute']),
    reason: z.string().trim().min(1).max(2000).optional(),
  }),
  output: requestShape,
  annotations: { ...changing, destructiveHint: true, idempotentHint: false },
  run: async (agent, { request_id: id, decision, reason }) =>
    result(agent, await settleRequest(agent, id, { decision, reason })),
});

export const cancelRequestTool = tool({
  name: 'cancel_request',
  title: 'Cancel a request',
  description: 'Takes a request back. Cancelling one that was cancelled before changes nothing.',
  scope: askScope,
  input: z.object({ request_id: requestId }),
  output: requestShape,
  annotations: { ...changing, destructiveHint: true, idempotentHint: true },
  run: async (agent, { request_id: id }) => result(agent, await cancelRequest(agent, id)),
});
