/**
 * What the corridor of every product stands on, once per process: the services, what is remembered about
 * credentials, and the limiter.
 */
import { type ChangeListener, listenForChanges } from '../shared/change-listener.js';
import { type Limiter, limiterOf } from '../shared/limiter/limiter.js';
import { type Metric, registerMetrics } from '../shared/metrics.js';
import type { Services } from '../shared/services.js';
import { type CredentialCache, createCredentialCache } from './credentials/cache.js';

export interface Corridor {
  services: Services;
  cache: CredentialCache;
  limiter: Limiter;
  /** Settles when changes of credentials are heard, and the cache is in use. */
  listening: Promise<void>;
  close(): Promise<void>;
}

/** Begins to listen for changes; works at once, and faster when it hears. */
export function createCorridor(services: Services): Corridor {
  const cache = createCredentialCache(services.clock);
  const listener: ChangeListener = listenForChanges(services, {
    onChange: cache.drop,
    onListening: () => cache.setListening(true),
    onLost: () => cache.setListening(false),
  });
  registerMetrics(services, cacheMetrics(cache));
  // Redis with other contents has forgotten generations: what is remembered cannot be checked any more.
  const stopWatching = services.redis.onReset(cache.clear);
  return {
    services,
    cache,
    limiter: limiterOf(services),
    listening: listener.listening,
    async close() {
      stopWatching();
      await listener.close();
    },
  };
}

function cacheMetrics(cache: CredentialCache): Metric[] {
  return [
    {
      name: 'credential_lookups_total',
      help: 'Credentials looked for, by whether this process remembered them.',
      type: 'counter',
      read: () => [
        { labels: { found: 'remembered' }, value: cache.counters.hits },
        { labels: { found: 'asked' }, value: cache.counters.misses },
      ],
    },
    {
      name: 'credentials_remembered',
      help: 'Credentials that this process remembers.',
      type: 'gauge',
      read: () => [{ value: cache.size }],
    },
  ];
}
