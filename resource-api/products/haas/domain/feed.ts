/**
 * Feeds: what happens, told to every process that has somebody listening, and kept for an hour for those who were
 * away. Each feed is a stream in Redis. Appending and announcing is one script, so messages come in the order of
 * their ids, and an id that was heard can be read.
 *
 * Without Redis a process tells itself and remembers a little. What is lost with Redis is the telling alone: what
 * happened stands in Postgres.
 */
import type { Clock } from '../../../../shared/clock.js';
import { defineScript, type RedisLink } from '../../../../shared/redis/redis.js';
import type { Services } from '../../../../shared/services.js';
import type { FeedEvent } from './feed-event.js';
import { createFeedMemory } from './feed-memory.js';

export interface FeedListener {
  onEvent(event: FeedEvent): void;
  /** Some events may have been missed; they can be read. */
  onGap(): void;
}

export interface Feed {
  /** Tells every listener, in every process. Never rejects for want of Redis. */
  append(name: string, body: Record<string, unknown>): Promise<void>;
  /** Events after an id, the oldest first. */
  read(name: string, afterId: string, limit: number): Promise<FeedEvent[]>;
  /** Whether this very event is still kept: then nothing that followed it is missing either. */
  has(name: string, id: string): Promise<boolean>;
  /** The id of the newest event; `0-0` of an empty feed. */
  newestId(name: string): Promise<string>;
  /** Settles when new events are heard, or at once without Redis. Returns what stops it. */
  listen(name: string, listener: FeedListener): Promise<() => void>;
}

const keptMs = 3_600_000;
/** Of one feed; where more than this happens in an hour, the oldest go earlier. */
const keptEvents = 10_000;

/**
 * KEYS: the stream, the channel. ARGV: offset (ms), the feed's name, the event, how long (ms) and how many are kept.
 * Ids go on rising when a clock goes back. Returns the id.
 */
const appendScript = defineScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
local at = now
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
if newest[1] then at = math.max(at, tonumber(string.match(newest[1][1], '^%d+'))) end
local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[5], string.format('%d-*', at), 'body', ARGV[3])
redis.call('XTRIM', KEYS[1], 'MINID', string.format('%d', now - ARGV[4]))
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('PUBLISH', KEYS[2], id .. ' ' .. ARGV[2] .. ' ' .. ARGV[3])
return id
`);

/** One slot of a cluster for all of them, since a script may touch only one. */
const channel = '{feeds}';
const streamKey = (name: string): string => `{feeds}:${name}`;

const feeds = new WeakMap<RedisLink, Feed>();

/** The feeds of this process: one for all that share a link, inside and outside of transactions. */
export function feedOf({ redis, clock }: Pick<Services, 'redis' | 'clock'>): Feed {
  const feed = feeds.get(redis) ?? createFeed(redis, clock);
  feeds.set(redis, feed);
  return feed;
}

function createFeed(link: RedisLink, clock: Clock): Feed {
  const memory = createFeedMemory(clock, keptMs);
  const listeners = new Map<string, Set<FeedListener>>();
  let hearing: Promise<unknown> | undefined;

  const tell = (name: string, event: FeedEvent) => {
    for (const listener of listeners.get(name) ?? []) listener.onEvent(event);
  };

  /** A message is "id name body". */
  const hear = (message: string) => {
    const [id = '', name = ''] = message.split(' ', 2);
    if (!listeners.has(name)) return;
    tell(name, { id, body: JSON.parse(message.slice(id.length + name.length + 2)) });
  };

  const tellGap = () => {
    for (const here of listeners.values()) for (const listener of here) listener.onGap();
  };

  return {
    async append(name, body) {
      const args = [clock.offsetMs, name, JSON.stringify(body), keptMs, keptEvents];
      const id = await link.runScript(appendScript, [streamKey(name), channel], args);
      if (id === undefined) tell(name, memory.append(name, body));
    },

    async read(name, afterId, limit) {
      const rows = await link.run((redis) =>
        redis.xrange(streamKey(name), `(${afterId}`, '+', 'COUNT', limit),
      );
      return rows?.map(fromRow) ?? memory.read(name, afterId, limit);
    },

    async has(name, id) {
      const rows = await link.run((redis) => redis.xrange(streamKey(name), id, id));
      return rows ? rows.length > 0 && !isOver(id, clock) : memory.has(name, id);
    },

    async newestId(name) {
      const rows = await link.run((redis) => redis.xrevrange(streamKey(name), '+', '-', 'COUNT', 1));
      return rows ? (rows[0]?.[0] ?? '0-0') : memory.newestId(name);
    },

    async listen(name, listener) {
      hearing ??= link.subscribe(channel, hear, tellGap);
      const here = listeners.get(name) ?? new Set();
      listeners.set(name, here.add(listener));
      await hearing;
      return () => {
        here.delete(listener);
        if (here.size === 0 && listeners.get(name) === here) listeners.delete(name);
      };
    },
  };
}

const fromRow = ([id, [, body = '{}']]: [string, string[]]): FeedEvent => ({ id, body: JSON.parse(body) });

/** Whether the hour of an event is over: a feed in which nothing more happens is not trimmed. */
const isOver = (id: string, clock: Clock): boolean => Number.parseInt(id, 10) < clock.ms() - keptMs;
