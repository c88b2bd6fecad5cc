/**
 * Figures about a process, in the text format of Prometheus (version 0.0.4). Whoever counts something registers how
 * to read it; nothing is pushed, and nothing here costs a request. Labels are names from facts, never ids: a metric
 * with a value per key or address grows for ever.
 */
import type { RedisLink } from '../redis/redis.js';
import type { Services } from '../services.js';

export interface Sample {
  labels?: Readonly<Record<string, string>>;
  value: number;
}

export interface Metric {
  /** Without the project's prefix; counters end in `_total`, units stand in the name. */
  name: string;
  help: string;
  type: 'counter' | 'gauge';
  read(): Sample[];
}

/** A process may hold several sets of services (tests do): figures belong to the link that all its parts share. */
const registries = new WeakMap<RedisLink, Map<string, Metric>>();

/** Registers metrics; one that is there already under the same name is replaced. */
export function registerMetrics({ redis }: Pick<Services, 'redis'>, metrics: Metric[]): void {
  const registry = registries.get(redis) ?? new Map<string, Metric>();
  registries.set(redis, registry);
  for (const metric of metrics) registry.set(metric.name, metric);
}

/** Everything that is registered, and what every process tells. */
export function renderMetrics({ redis }: Pick<Services, 'redis'>): string {
  const registered = registries.get(redis)?.values() ?? [];
  return [...processMetrics, ...redisMetrics(redis), ...registered].map(renderMetric).join('');
}

export const metricsType = 'text/plain; version=0.0.4; charset=utf-8';

function renderMetric({ name, help, type, read }: Metric): string {
  const fullName = `latchkey_${name}`;
  const lines = read().map(({ labels = {}, value }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
    return `${fullName}${pairs.length > 0 ? `{${pairs.join()}}` : ''} ${value}\n`;
  });
  return `# HELP ${fullName} ${help}\n# TYPE ${fullName} ${type}\n${lines.join('')}`;
}

const single = (value: number): Sample[] => [{ value }];

const processMetrics: Metric[] = [
  {
    name: 'uptime_seconds',
    help: 'Since this process began.',
    type: 'gauge',
    read: () => single(Math.round(process.uptime())),
  },
  {
    name: 'resident_memory_bytes',
    help: 'Memory that this process holds.',
    type: 'gauge',
    read: () => single(process.memoryUsage.rss()),
  },
];

function redisMetrics({ enabled, available, counters }: RedisLink): Metric[] {
  if (!enabled) return [];
  return [
    {
      name: 'redis_available',
      help: '1 while Redis answers; 0 while limits are counted in this process.',
      type: 'gauge',
      read: () => single(available ? 1 : 0),
    },
    {
      name: 'redis_outages_total',
      help: 'Times that Redis went away.',
      type: 'counter',
      read: () => single(counters.opened),
    },
    {
      name: 'redis_resets_total',
      help: 'Times that Redis came back with other contents.',
      type: 'counter',
      read: () => single(counters.resets),
    },
  ];
}
