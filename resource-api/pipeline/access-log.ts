/**
 * Records a request: one line in the log and, for a key, its own list of requests. The line holds the template of the
 * route and never a path or a query, so that nothing in a log opens anything.
 */
import { credentialIdOf } from '../routing/caller.js';
import { type RequestContext, templateOf } from './request-context.js';

/** Takes microseconds and never throws. */
export function logRequest(context: RequestContext, status: number, milliseconds: number): void {
  const { pipeline, requestId, product, method, identity, ipAddress: address } = context;
  const { services, usage, calls, log } = pipeline;
  const template = templateOf(context);
  const caller = identity?.caller;
  calls.count(product.id, status, milliseconds);
  calls.time(`${product.id} ${template ?? 'none'}`, method, status, milliseconds);
  let line = `"requestId":"${requestId}","product":"${product.id}","method":${quoted(method)}`;
  if (template !== undefined) line += `,"route":${quoted(template)}`;
  line += `,"status":${status},"ms":${Math.round(milliseconds * 100) / 100}`;
  if (caller) line += `,"credential":${JSON.stringify(credentialIdOf(caller))}`;
  else if (identity?.presented && identity.problem) line += `,"problem":"${identity.problem}"`;
  log.add(`${line},"msg":"request"`);
  if (caller?.kind !== 'apiKey') return;
  const at = services.clock.now();
  const route = template ?? 'no such path';
  usage.note({ keyId: caller.keyId, at, method, route, status, address, requestId });
}

/** Records a request that is for no product. */
export function logRootRequest(
  { log }: RequestContext['pipeline'],
  requestId: string,
  method: string,
  status: number,
): void {
  log.add(`"requestId":"${requestId}","method":${quoted(method)},"status":${status},"msg":"request"`);
}

/** Methods and templates are few, and each is written as JSON once. */
const quotedTexts = new Map<string, string>();

function quoted(text: string): string {
  let known = quotedTexts.get(text);
  if (known === undefined) {
    known = JSON.stringify(text);
    quotedTexts.set(text, known);
  }
  return known;
}
