/**
 * State of the request pipeline that all products share, once per process: the services, what is remembered about
 * credentials, the limiter, and where calls are noted.
 */
import { setMaxListeners } from 'node:events';
import { type ChangeListener, listenForChanges } from '../../shared/changes/change-listener.js';
import {
  createKeyUsageRecorder,
  type KeyUsageRecorder,
} from '../../shared/identity/api-keys/key-usage-recorder.js';
import { type Limiter, limiterOf } from '../../shared/limiter/limiter.js';
import { createLogBatch, type LogBatch } from '../../shared/log-batch.js';
import type { Services } from '../../shared/services.js';
import { type CredentialCache, createCredentialCache } from '../credentials/cache.js';
import { type CallCounter, createCallCounter } from './metrics.js';

export interface Pipeline {
  services: Services;
  cache: CredentialCache;
  limiter: Limiter;
  usage: KeyUsageRecorder;
  /** The access log. */
  log: LogBatch;
  calls: CallCounter;
  /**
   * Tells of each subject that changes, and with undefined of moments after which anything may have changed. For
   * what outlives a request. Returns a function that takes the listener off.
   */
  watchChanges(listener: ChangeWatcher): () => void;
  /** Settles when changes of credentials are heard, and the cache is in use. */
  listening: Promise<void>;
  /** Aborts at `close`. */
  closing: AbortSignal;
  close(): Promise<void>;
}

export type ChangeWatcher = (subject: string | undefined) => void;

/** Begins to listen for changes; works at once, and faster when it hears. */
export function createPipeline(services: Services): Pipeline {
  const cache = createCredentialCache(services.clock);
  const usage = createKeyUsageRecorder(services);
  const log = createLogBatch(services.logger);
  const watchers = new Set<ChangeWatcher>();
  const closing = new AbortController();
  // Every open WebSocket listens to it; without this Node warns of a leak at the eleventh.
  setMaxListeners(0, closing.signal);
  const tell = (subject?: string) => {
    for (const watcher of watchers) watcher(subject);
  };
  const listener: ChangeListener = listenForChanges(services, {
    onChange(subject) {
      cache.drop(subject);
      tell(subject);
    },
    onListening() {
      cache.setListening(true);
      tell();
    },
    onLost: () => cache.setListening(false),
  });
  // Redis with other contents has forgotten generations: what is remembered cannot be checked any more.
  const stopWatching = services.redis.onReset(cache.clear);
  return {
    services,
    cache,
    limiter: limiterOf(services),
    usage,
    log,
    calls: createCallCounter(services, cache),
    watchChanges(watcher) {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    listening: listener.listening,
    closing: closing.signal,
    async close() {
      closing.abort();
      stopWatching();
      // Calls that are still being served must not rely on changes that nobody hears any more.
      cache.setListening(false);
      await Promise.all([listener.close(), usage.close()]);
      log.close();
    },
  };
}
