/** What the limiter tells operators. A rising share of `process` decisions means that Redis is not there. */
import type { Metric } from '../metrics/metrics.js';

/** Decisions since the process began, and refusals by product and limit. */
export interface LimiterCounters {
  redis: number;
  process: number;
  refusals: ReadonlyMap<string, number>;
}

export function limiterMetrics(counters: LimiterCounters): Metric[] {
  return [
    {
      name: 'limit_decisions_total',
      help: 'Decisions about limits, by who counted: Redis for all processes, or this process alone.',
      type: 'counter',
      labels: ['source'],
      read: () => [
        { labels: { source: 'redis' }, value: counters.redis },
        { labels: { source: 'process' }, value: counters.process },
      ],
    },
    {
      name: 'limit_refusals_total',
      help: 'Calls refused, by product and limit.',
      type: 'counter',
      labels: ['product', 'limit'],
      read: () =>
        [...counters.refusals].map(([key, value]) => {
          const [product = '', limit = ''] = key.split(' ');
          return { labels: { product, limit }, value };
        }),
    },
  ];
}
