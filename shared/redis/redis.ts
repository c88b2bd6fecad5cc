/**
 * The link to Redis: an accelerator that may vanish at any moment without anybody noticing more than one short
 * wait. Every command goes through `run`, which answers `undefined` when Redis is not there, so that a caller has
 * to say what it does instead. The breaker opens at the first command that gets no answer in time; from then on
 * nobody waits, and the connection is tried again every second. A frozen Redis accepts connections and never
 * answers: that is why "connected" means "has answered INFO" here.
 *
 * Temptations to resist: an offline queue (it turns an outage into a stall), resending (it counts twice), and a
 * timer per command (a stalled event loop would take an answer that lies in the socket for a missing one).
 */
import { createHash } from 'node:crypto';
import { Redis, ReplyError } from 'ioredis';
import type { Logger } from '../logger.js';
import { createRedisDeadline } from './redis-deadline.js';
import { createRedisSubscriber } from './redis-subscriber.js';

const retryMs = 1000;
const connectTimeoutMs = 500;

/** A Lua script: all keys it touches are in KEYS, so that their prefix is added. */
export interface RedisScript {
  lua: string;
  sha: string;
}

export interface RedisLink {
  /** Whether a Redis was configured at all. */
  readonly enabled: boolean;
  /** Put in front of every key and channel by the link itself. */
  readonly keyPrefix: string;
  /** Whether Redis answered last time it was asked. */
  readonly available: boolean;
  /**
   * Rises with every new connection and every reset. What was learnt from Redis under an older number may not be
   * in Redis any more.
   */
  readonly session: number;
  /** Settles when the first connection stands or the first attempt has failed. Never rejects. */
  readonly settled: Promise<void>;
  /** How often the breaker opened and closed, since the process began. */
  readonly counters: { opened: number; closed: number; resets: number };
  /**
   * Runs commands. `undefined` means that Redis is not there right now, or that it is not known whether they ran;
   * rejects only for a mistake in the command itself.
   */
  run<T>(use: (redis: Redis) => Promise<T>): Promise<T | undefined>;
  /** Runs a script by its hash, sending its text only where Redis does not know it yet. */
  runScript(script: RedisScript, keys: string[], args: Array<string | number>): Promise<unknown>;
  /** Sends a message to every process that listens. False when Redis is not there. */
  publish(channel: string, message: string): Promise<boolean>;
  /**
   * Listens to a channel on a connection of its own. Messages sent while that connection was broken are lost:
   * `onGap` says so. Settles when listening has begun, or when Redis is not there (it begins by itself later).
   */
  subscribe(channel: string, onMessage: (message: string) => void, onGap?: () => void): Promise<() => void>;
  /** Calls the listener when Redis came back with other contents. Returns a function that takes it off. */
  onReset(listener: () => void): () => void;
  /** Says that Redis was found with other contents than before; tells every listener. */
  announceReset(): void;
  close(): Promise<void>;
}

export interface RedisLinkOptions {
  /** `redis://` or `rediss://`; without it the link is there but never available. */
  url?: string | undefined;
  /** Put in front of every key and channel. */
  keyPrefix: string;
  logger: Logger;
  /** Milliseconds that a command may take before Redis counts as gone. */
  commandTimeoutMs?: number;
}

export function defineScript(lua: string): RedisScript {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') };
}

/** Begins to connect and returns at once. */
export function createRedisLink({
  url,
  keyPrefix,
  logger,
  commandTimeoutMs = 100,
}: RedisLinkOptions): RedisLink {
  const counters = { opened: 0, closed: 0, resets: 0 };
  const resetListeners = new Set<() => void>();
  const redis = url === undefined ? undefined : connect(url, keyPrefix);
  const subscriber = redis && createRedisSubscriber(redis, keyPrefix);
  const deadline = createRedisDeadline(commandTimeoutMs, () => open('a command got no answer in time'));
  let available = false;
  let wasThere = true;
  let goneSinceMs = 0;
  let closing = false;
  let session = 0;
  let runId: string | undefined;

  function open(reason: string): void {
    if (closing) return;
    if (wasThere) {
      wasThere = false;
      goneSinceMs = performance.now();
      counters.opened += 1;
      logger.warn({ reason }, 'Redis is gone; limits are counted in this process until it is back');
    }
    if (!available) return;
    available = false;
    redis?.disconnect(true);
    deadline.abandon();
  }

  async function welcome(client: Redis): Promise<void> {
    const id = /^run_id:(\w+)/m.exec(await client.info('server'))?.[1];
    const other = runId !== undefined && id !== runId;
    const returned = !wasThere;
    runId = id;
    wasThere = true;
    session += 1;
    available = true;
    if (returned) {
      counters.closed += 1;
      logger.warn({ reset: other }, 'Redis is back');
      subscriber?.dropOlderThan(goneSinceMs);
    }
    if (other) announceReset();
  }

  function announceReset(): void {
    session += 1;
    counters.resets += 1;
    for (const listener of resetListeners) listener();
  }

  const settled = new Promise<void>((resolve) => {
    if (!redis) return resolve();
    redis.on('ready', () => {
      welcome(redis)
        .catch((error: Error) => {
          open(error.message);
          // Not while the next attempt is being made: ioredis would take that for the end.
          if (redis.status === 'ready') redis.disconnect(true);
        })
        .finally(resolve);
    });
    redis.on('error', (error: Error) => {
      open(error.message);
      resolve();
    });
    redis.on('close', () => {
      open('the connection was closed');
      resolve();
    });
  });

  /** Commands of one turn of the event loop leave in one write: a system call costs more than a command. */
  function gatherWrites({ stream }: Redis): void {
    if (stream.writableCorked > 0) return;
    stream.cork();
    setImmediate(() => stream.uncork());
  }

  async function run<T>(use: (redis: Redis) => Promise<T>): Promise<T | undefined> {
    if (!available || !redis) return undefined;
    try {
      gatherWrites(redis);
      return await deadline.watch(use(redis));
    } catch (error) {
      const { message } = error as Error;
      if (error instanceof ReplyError && !isStateOfServer.test(message)) throw error;
      open(message);
      return undefined;
    }
  }

  return {
    enabled: redis !== undefined,
    keyPrefix,
    counters,
    settled,
    get available() {
      return available;
    },
    get session() {
      return session;
    },
    run,
    runScript: (script, keys, args) => run((client) => evaluate(client, script, keys, args)),
    publish: async (channel, message) =>
      (await run((client) => client.publish(keyPrefix + channel, message))) !== undefined,
    subscribe: async (channel, onMessage, onGap) =>
      (await subscriber?.subscribe(channel, onMessage, onGap)) ?? (() => undefined),
    onReset(listener) {
      resetListeners.add(listener);
      return () => resetListeners.delete(listener);
    },
    announceReset,
    async close() {
      closing = true;
      available = false;
      deadline.abandon();
      subscriber?.close();
      redis?.disconnect();
    },
  };
}

/** Errors that tell of the server's condition, not of the command. */
const isStateOfServer =
  /^(?:BUSY|CLUSTERDOWN|LOADING|MASTERDOWN|MISCONF|NOAUTH|NOPERM|NOREPLICAS|OOM|READONLY|TRYAGAIN|UNKILLABLE|WRONGPASS|ERR max number of clients)/;

function connect(url: string, keyPrefix: string): Redis {
  let begunAt = 0;
  const redis = new Redis(url, {
    keyPrefix,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: connectTimeoutMs,
    // Bounds the greeting (HELLO, INFO) only; commands in use are watched by the deadline, which is shorter.
    commandTimeout: connectTimeoutMs,
    disconnectTimeout: 20,
    retryStrategy: () => Math.max(20, begunAt + retryMs - performance.now()),
  });
  begunAt = performance.now();
  redis.on('connecting', () => {
    begunAt = performance.now();
  });
  return redis;
}

async function evaluate(
  redis: Redis,
  script: RedisScript,
  keys: string[],
  args: Array<string | number>,
): Promise<unknown> {
  try {
    return await redis.evalsha(script.sha, keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error as Error).message.startsWith('NOSCRIPT')) throw error;
    return redis.eval(script.lua, keys.length, ...keys, ...args);
  }
}
