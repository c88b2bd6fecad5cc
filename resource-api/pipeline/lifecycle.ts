/**
 * The lifecycle of every request to a product, HTTP or WebSocket. The steps run in this order over one request
 * context; a product supplies routes and cannot skip or reorder a step.
 *
 *   request (app.ts finds the product and gives the request an id)
 *      │
 *      ├─ checkTransport     plain http in production                          → 403
 *      ├─ matchRoute         finds the route or the socket; CORS preflight     → 204
 *      ├─ readCredential     header, or cookie or query where documented
 *      ├─ lookUpCredential   process cache, then Postgres
 *      ├─ readCountedBody    only where a limit counts by a member of the body
 *      ├─ takeLimits         one Redis script for all limits and generations   → 429
 *      ├─ authorizeCaller    no such route → 404, 405; caller                  → 401, 403
 *      ├─ validateInput      reads the body; body and query against schemas    → 400, 413, 415
 *      ├─ runHandler         the handler of the route, or the open socket      → 200, 101 …
 *      │
 *   response envelope (response/) → response headers → access log (access-log.ts)
 *
 * A step that returns a reply ends the request with it, and a step that throws ends it with the failure in the
 * product's envelope. Paths without a route take the same way, so that their 404 and 405 are counted and shaped
 * like every other response.
 */
import { Readable } from 'node:stream';
import { Reply } from '../routing/reply.js';
import type { RequestContext } from './request-context.js';
import { failureReply } from './response/failure.js';
import { authorizeCaller } from './steps/access.js';
import { lookUpCredential } from './steps/authenticate.js';
import { readCountedBody } from './steps/counted-body.js';
import { readCredential } from './steps/credential.js';
import { runHandler } from './steps/handler.js';
import { addRefusal, showLimits, takeLimits } from './steps/rate-limit.js';
import { matchRoute } from './steps/route.js';
import { checkTransport } from './steps/transport.js';
import { validateInput } from './steps/validate.js';

type StepResult = Reply | undefined;
type Step = (context: RequestContext) => StepResult | Promise<StepResult>;

export const steps: readonly Step[] = Object.freeze<Step[]>([
  checkTransport,
  matchRoute,
  readCredential,
  lookUpCredential,
  readCountedBody,
  takeLimits,
  authorizeCaller,
  validateInput,
  runHandler,
]);

/** The response to a request: its body is text, bytes, a stream or nothing. Never rejects. */
export async function runPipeline(context: RequestContext): Promise<Reply> {
  try {
    for (const step of steps) {
      const result = step(context);
      // Most steps have nothing to wait for; a turn of the microtask queue each would add up.
      const reply = result instanceof Promise ? await result : result;
      if (reply) return await finish(context, reply);
    }
    throw new Error('no step has made a reply');
  } catch (error) {
    const lease = context.decision?.lease;
    if (lease) await context.pipeline.limiter.releaseLease(lease);
    addRefusal(context, error);
    await showLimits(context);
    return serialise(failureReply(context, error));
  }
}

function finish(context: RequestContext, reply: Reply): Reply | Promise<Reply> {
  const ready = serialise(reply);
  return showLimits(context)?.then(() => ready) ?? ready;
}

/** Writes JSON here, where a body that cannot be written still becomes a failure in the product's envelope. */
function serialise(reply: Reply): Reply {
  const { status, body, headers } = reply;
  if (typeof body !== 'object' || body === null || body instanceof Uint8Array) return reply;
  if (body instanceof Readable) return reply;
  return new Reply(status, JSON.stringify(body), { 'Content-Type': jsonType, ...headers });
}

export const jsonType = 'application/json; charset=utf-8';
