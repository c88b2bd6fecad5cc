/**
 * Figures of the resource API (shared/metrics): calls and the time that they took, by product and class of status,
 * and how the credential cache does.
 */
import {
  createRequestTimer,
  type Metric,
  type RequestTimer,
  registerMetrics,
} from '../../shared/metrics/metrics.js';
import type { Services } from '../../shared/services.js';
import type { CredentialCache } from '../credentials/cache.js';

export interface CallCounter {
  /** One call that was answered. */
  count(product: string, status: number, milliseconds: number): void;
  /** The same, by route. */
  time: RequestTimer;
}

/** Registers the figures; the pipeline feeds the returned counter. */
export function createCallCounter(services: Services, cache: CredentialCache): CallCounter {
  const totals = new Map<string, { labels: Record<string, string>; calls: number; milliseconds: number }>();
  const calls: Metric[] = [
    {
      name: 'calls_total',
      help: 'Calls answered.',
      type: 'counter',
      labels: ['product', 'status'],
      read: () => [...totals.values()].map(({ labels, calls: value }) => ({ labels, value })),
    },
    {
      name: 'call_seconds_total',
      help: 'Time from the arrival of calls to their answers.',
      type: 'counter',
      labels: ['product', 'status'],
      read: () =>
        [...totals.values()].map(({ labels, milliseconds }) => ({ labels, value: milliseconds / 1000 })),
    },
  ];
  registerMetrics(services, [...calls, ...cacheMetrics(cache)]);

  return {
    time: createRequestTimer(services, 'api'),
    count(product, status, milliseconds) {
      const statusClass = `${Math.floor(status / 100)}xx`;
      const key = `${product} ${statusClass}`;
      const total = totals.get(key) ?? {
        labels: { product, status: statusClass },
        calls: 0,
        milliseconds: 0,
      };
      total.calls += 1;
      total.milliseconds += milliseconds;
      totals.set(key, total);
    },
  };
}

function cacheMetrics(cache: CredentialCache): Metric[] {
  return [
    {
      name: 'credential_lookups_total',
      help: 'Credentials looked for, by whether this process remembered them.',
      type: 'counter',
      labels: ['found'],
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
