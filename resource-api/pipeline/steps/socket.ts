/**
 * An open WebSocket. It gives its lease back when it closes, and its handler is told when the credential that
 * opened it is no longer accepted.
 */
import type { Lease } from '../../../shared/limiter/limit.js';
import { Reply } from '../../routing/reply.js';
import type { SocketRoute } from '../../routing/socket-route.js';
import type { RequestContext } from '../request-context.js';

/** Well inside the lifetime of a lease (rate-limit.ts). */
const renewEveryMs = 20_000;

/** Hands the connection to the route. Throws when there is no caller or the route fails; the connection is then closed. */
export function acceptSocket(context: RequestContext, route: SocketRoute): Reply {
  const { pipeline, product, requestId, ipAddress: address, baseUrl, upgrade, caller, identity } = context;
  const { candidate, remembered } = identity ?? {};
  if (!upgrade || !caller || !candidate || !remembered) throw new Error('a WebSocket without a caller');
  const { services, cache, limiter, closing, watchChanges } = pipeline;
  const { dependsOn } = remembered.record;
  const { id, load } = candidate;
  const ended = new AbortController();

  async function checkCredential(subject: string | undefined): Promise<void> {
    if (subject !== undefined && !dependsOn.includes(subject)) return;
    try {
      const now = await cache.load(id, load);
      if (!now || now.record.problem) ended.abort();
    } catch (error) {
      services.logger.warn({ err: error, requestId }, 'whether a socket may stay open is not known');
    }
  }

  /** A lease that ran out may be another connection's by now: the limit would be exceeded by one. */
  async function renew(lease: Lease): Promise<void> {
    if (!(await limiter.renewLease(lease))) ended.abort();
  }

  const lease = context.decision?.lease;
  const stopWatching = pipeline.watchChanges((subject) => void checkCredential(subject));
  const renewal = lease && setInterval(() => void renew(lease), renewEveryMs);
  upgrade.socket.once('close', () => {
    stopWatching();
    clearInterval(renewal);
    if (lease) void limiter.releaseLease(lease);
  });
  const call = { services, product, caller, requestId, address, baseUrl, closing, watchChanges };
  try {
    route.accept({ ...call, ended: ended.signal }, upgrade);
  } catch (error) {
    upgrade.socket.destroy();
    throw error;
  }
  return new Reply(101, undefined, {});
}
