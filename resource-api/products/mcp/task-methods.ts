/**
 * The methods of the extension `io.modelcontextprotocol/tasks`, by which a client follows a request that became a
 * task. Each call is authorized anew; the revisions of 2025 do not have them.
 */
import {
  INVALID_PARAMS,
  MissingRequiredClientCapabilityError,
  ProtocolError,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { DomainError } from '../../../shared/errors.js';
import { mcp as product } from '../../../shared/products/mcp.js';
import type { Agent } from './agent.js';
import { canElicit, takesTasks, tasksExtension } from './capabilities.js';
import { answerRequest, cancelRequest, getRequest } from './made-requests.js';
import { questionKey, taskView } from './task-view.js';

const params = z.looseObject({ taskId: z.string().max(100) });

const reply = z.object({
  action: z.literal('accept'),
  content: z.object({ answer: z.string().trim().min(1).max(5000) }),
});

const done = { resultType: 'complete' };

export function registerTaskMethods(server: Server, agent: Agent): void {
  server.setRequestHandler('tasks/get', { params }, async ({ taskId }, ctx) => {
    demandExtension(ctx);
    const made = await getRequest(agent, taskId);
    return { ...done, ...taskView(made, agent.services.clock.ms(), canElicit(ctx, 'form')) };
  });

  server.setRequestHandler('tasks/update', { params }, async ({ taskId }, ctx) => {
    demandExtension(ctx);
    const { state } = await getRequest(agent, taskId);
    // A reply to a question that is no longer asked, or no reply at all, changes nothing.
    const given = reply.safeParse(ctx.mcpReq.inputResponses?.[questionKey(state)]);
    if (state.question !== null && given.success) {
      await orProtocolError(() => answerRequest(agent, taskId, given.data.content.answer));
    }
    return done;
  });

  server.setRequestHandler('tasks/cancel', { params }, async ({ taskId }, ctx) => {
    demandExtension(ctx);
    const { state } = await getRequest(agent, taskId);
    if (state.status !== 'cancelled') await ignoreConflict(() => cancelRequest(agent, taskId));
    return done;
  });
}

/** Throws -32021 (HTTP status 400) for a client that did not declare the extension in this request. */
function demandExtension(ctx: ServerContext): void {
  if (takesTasks(ctx)) return;
  throw new MissingRequiredClientCapabilityError({
    requiredCapabilities: { extensions: { [tasksExtension]: {} } },
  });
}

/** Cancelling is a wish: a request that has ended stays as it is. */
async function ignoreConflict(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'conflict') throw error;
  }
}

async function orProtocolError(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const { code, data } = error;
    throw new ProtocolError(INVALID_PARAMS, product.words(code, data).message, { code });
  }
}
