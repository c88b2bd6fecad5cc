/**
 * Redis pub/sub forgets what was sent while nobody listened. So the subscriber has a connection of its own, keeps
 * its own list of channels, and tells every listener when there was a gap: whoever relies on messages then reads
 * again what they would have told.
 */
import { once } from 'node:events';
import type { Redis } from 'ioredis';

interface Listener {
  onMessage(message: string): void;
  onGap: (() => void) | undefined;
}

export interface RedisSubscriber {
  subscribe(channel: string, onMessage: (message: string) => void, onGap?: () => void): Promise<() => void>;
  /** Drops a connection made before an outage: it may be dead without knowing it. The next begins with a gap. */
  dropOlderThan(outageMs: number): void;
  close(): void;
}

/** Connects at the first subscription, with the options of `link`. */
export function createRedisSubscriber(link: Redis, prefix: string): RedisSubscriber {
  const channels = new Map<string, Set<Listener>>();
  let client: Redis | undefined;
  let connectedBefore = false;
  let connectedAt = 0;

  function connect(): Redis {
    const redis = link.duplicate({ autoResubscribe: false, keyPrefix: '' });
    redis.on('error', () => undefined);
    redis.on('message', (channel: string, message: string) => {
      for (const listener of channels.get(channel) ?? []) listener.onMessage(message);
    });
    redis.on('ready', () => {
      const gap = connectedBefore;
      connectedBefore = true;
      connectedAt = performance.now();
      if (channels.size === 0) return;
      redis
        .subscribe(...channels.keys())
        .then(() => {
          if (gap) for (const listeners of channels.values()) for (const { onGap } of listeners) onGap?.();
        })
        .catch(() => {
          if (redis.status === 'ready') redis.disconnect(true);
        });
    });
    return redis;
  }

  return {
    async subscribe(channel, onMessage, onGap) {
      const name = prefix + channel;
      const listener: Listener = { onMessage, onGap };
      const listeners = channels.get(name) ?? new Set();
      channels.set(name, listeners.add(listener));
      client ??= connect();
      if (client.status !== 'ready') await settle(client);
      if (client.status === 'ready') await client.subscribe(name).catch(() => undefined);
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0 || channels.get(name) !== listeners) return;
        channels.delete(name);
        if (client?.status === 'ready') client.unsubscribe(name).catch(() => undefined);
      };
    },
    dropOlderThan(outageMs) {
      if (connectedAt < outageMs && client?.status === 'ready') client.disconnect(true);
    },
    close: () => client?.disconnect(),
  };
}

/** Waits for a connection that is being made; gives up when the attempt fails. */
async function settle(client: Redis): Promise<void> {
  const stop = new AbortController();
  const { signal } = stop;
  await Promise.race([once(client, 'ready', { signal }), once(client, 'close', { signal })]).catch(
    () => undefined,
  );
  stop.abort();
}
