/** Finds what a request is for. A path without a route is refused later (access.ts), after it was counted. */
import { Reply } from '../../routing/reply.js';
import { preflightFields } from '../../routing/transport.js';
import type { RequestContext } from '../request-context.js';

/** Returns the reply to an OPTIONS request for a path that has routes. */
export function matchRoute(context: RequestContext): Reply | undefined {
  const { mounted, method, path, upgrade } = context;
  if (upgrade) {
    context.target = mounted.matchSocket(path);
    return undefined;
  }
  const match = mounted.match(method, path);
  context.target = match;
  if (method !== 'OPTIONS' || match.kind !== 'otherMethods') return undefined;
  return new Reply(204, undefined, { Allow: match.allow.join(', '), ...preflightFields(match) });
}
