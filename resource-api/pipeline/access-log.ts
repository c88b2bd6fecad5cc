/**
 * What is written about a request: one line in the log and, for a key, its own list of calls. Templates instead of
 * paths and never a query: what lies in a log must open nothing.
 */
import { credentialIdOf } from '../routing/caller.js';
import { type RequestContext, templateOf } from './request-context.js';

/** Takes microseconds and never throws. */
export function logRequest(context: RequestContext, status: number, milliseconds: number): void {
  const { pipeline, requestId, product, method, identity, ipAddress: address } = context;
  const { services, usage, calls } = pipeline;
  const template = templateOf(context);
  const caller = identity?.caller;
  calls.count(product.id, status, milliseconds);
  services.logger.info(
    {
      requestId,
      product: product.id,
      method,
      route: template,
      status,
      ms: Math.round(milliseconds * 100) / 100,
      credential: caller && credentialIdOf(caller),
      problem: identity?.presented ? identity.problem : undefined,
    },
    'request',
  );
  if (caller?.kind !== 'apiKey') return;
  const at = services.clock.now();
  const route = template ?? 'no such path';
  usage.note({ keyId: caller.keyId, at, method, route, status, address, requestId });
}
