/**
 * `/v1/events`: what happens to tasks, while it happens. A connection hears nothing until it subscribes. Each event
 * carries an `event_id`; whoever was away says the last one they have, and gets what came since, for an hour.
 */
import type { Duplex } from 'node:stream';
import { DomainError } from '../../../shared/errors.js';
import { accessToken, apiKey, get } from '../../routing/route.js';
import { type SocketCall, socket } from '../../routing/socket-route.js';
import { type AppCaller, reachOf } from './access.js';
import { createAudience, realtimeScope } from './audience.js';
import { taskFeed } from './dispatch/events.js';
import { type Feed, feedOf } from './domain/feed.js';
import { type FeedEvent, isAfter } from './domain/feed-event.js';
import { checkHumans, describeError, readMessage, type Subscription } from './event-messages.js';
import {
  type Connection,
  type ConnectionHandlers,
  closeCodes,
  openConnection,
} from './realtime/connection.js';
import { openEventStream } from './realtime/event-stream.js';

const heartbeatMs = 30_000;

const by = [apiKey(), accessToken(realtimeScope)] as const;

export const eventRoutes = [
  get(
    '/v1/events',
    {
      by,
      reference: {
        summary: 'Follow what happens to tasks over a WebSocket.',
        responses: { 101: null },
        errors: ['upgrade_required'],
      },
    },
    () => {
      throw new DomainError('upgrade_required');
    },
  ),
];

export const eventSockets = [
  socket('/v1/events', { by, queryToken: true }, (call, upgrade) =>
    openConnection(upgrade, (connection) => attend(call, connection, upgrade.socket)),
  ),
];

/** Serves one connection until it closes. */
function attend(call: SocketCall<AppCaller>, connection: Connection, raw: Duplex): ConnectionHandlers {
  const { services, product, caller, requestId } = call;
  const { clock, logger } = services;
  const environment = caller.kind === 'apiKey' ? caller.environment : 'live';
  const name = taskFeed({ accountId: caller.accountId, product: product.id, environment });
  const feed = feedOf(services);
  const audience = createAudience(services, caller, reachOf(call));
  let subscription: Subscription | undefined;

  const fail = (error: unknown) => {
    logger.error({ err: error, requestId }, 'a connection failed');
    connection.close(closeCodes.internal, 'something went wrong on our side');
  };
  const endCredential = () => connection.close(closeCodes.credentialEnded, 'the credential has ended');
  const hasExpired = () => caller.expiresAtMs !== null && clock.ms() >= caller.expiresAtMs;

  function frameOf({ id, body }: FeedEvent): string | undefined {
    const humanId = String(body.human_id);
    if (!subscription?.channels.includes('tasks') || !audience.hears(humanId)) return undefined;
    if (subscription.humanIds && !subscription.humanIds.includes(humanId)) return undefined;
    if (!hasExpired()) return JSON.stringify({ ...body, event_id: id });
    endCredential();
    return undefined;
  }

  const opening = openEventStream({
    feed,
    name,
    socket: raw,
    send: connection.sendText,
    judge: {
      isReady: ({ body }) => audience.isKnown(String(body.human_id)),
      prepare: audience.refresh,
      frameOf,
    },
    onFailure: fail,
  });

  async function response(message: unknown): Promise<void> {
    try {
      const asked = readMessage(message);
      if (asked === 'ping') return connection.send({ type: 'pong', timestamp: clock.now().toISOString() });
      await checkHumans(call, audience, asked.humanIds);
      const { cursor, resumed } = await findPlace(feed, name, asked.lastEventId);
      const stream = await opening;
      subscription = asked;
      connection.send({
        type: 'subscribed',
        channels: asked.channels,
        human_ids: asked.humanIds ?? null,
        last_event_id: cursor,
        ...(resumed !== undefined && { resumed }),
      });
      stream.startAfter(cursor);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      connection.send({ type: 'error', ...describeError(product, error, requestId) });
    }
  }

  /** Humans who took their consent back are heard no more; when that leaves nobody, the connection has no use. */
  async function judgeAgain(): Promise<void> {
    const asked = subscription?.humanIds;
    if (!asked) return;
    await audience.refresh();
    if (!asked.some(audience.hears)) connection.close(closeCodes.consentEnded, 'consent has ended');
  }

  // One message after the other, and nothing escapes.
  let work: Promise<void> = Promise.resolve();
  const inTurn = (task: () => Promise<void>) => {
    work = work.then(task).catch(fail);
  };

  const stopWatching = call.watchChanges((subject) => {
    if (subject !== undefined && !/^(?:account|client|grant):/.test(subject)) return;
    audience.forget();
    inTurn(judgeAgain);
  });
  const goAway = () => connection.close(closeCodes.goingAway, 'the server stops; come back at once');
  whenAborted(call.ended, endCredential);
  whenAborted(call.closing, goAway);

  return {
    heartbeatMs,
    now: clock.now,
    onMessage: (message) => inTurn(() => response(message)),
    onBeat: () => {
      if (hasExpired()) endCredential();
    },
    onClose() {
      stopWatching();
      call.closing.removeEventListener('abort', goAway);
      opening.then((stream) => stream.stop()).catch(fail);
    },
  };
}

function whenAborted(signal: AbortSignal, task: () => void): void {
  if (signal.aborted) task();
  else signal.addEventListener('abort', task, { once: true });
}

/** Where to go on from, and whether nothing is missing before it. An id from nowhere means: from now on. */
async function findPlace(
  feed: Feed,
  name: string,
  lastEventId: string | undefined,
): Promise<{ cursor: string; resumed: boolean | undefined }> {
  const newest = await feed.newestId(name);
  if (lastEventId === undefined) return { cursor: newest, resumed: undefined };
  if (isAfter(lastEventId, newest)) return { cursor: newest, resumed: false };
  return { cursor: lastEventId, resumed: await feed.has(name, lastEventId) };
}
