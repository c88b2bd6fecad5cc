/**
 * Metrics of a process for Prometheus, by prom-client. A part that counts something registers how to read it; nothing
 * is pushed. Labels are names out of fixed lists, never ids: a metric with a value per key or address grows for ever.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { RedisLink } from '../redis/redis.js';
import type { Services } from '../services.js';
import { version } from '../version.js';

export interface Sample {
  labels?: Readonly<Record<string, string>>;
  value: number;
}

export interface Metric {
  /** Without the prefix `latchkey_`; counters end in `_total`, units are part of the name. */
  name: string;
  help: string;
  type: 'counter' | 'gauge';
  /** Names of the labels of every sample. */
  labels?: readonly string[];
  /** Called when the metrics are asked for. A rejection leaves the metric out of that response. */
  read(): Sample[] | Promise<Sample[]>;
}

type RegistryOwner = Pick<Services, 'redis'>;

/** A process may hold several sets of services (tests do): metrics belong to the link that all its parts share. */
const registries = new WeakMap<RedisLink, Registry>();

function registryOf({ redis }: RegistryOwner): Registry {
  const known = registries.get(redis);
  if (known) return known;
  const registry = new Registry();
  registries.set(redis, registry);
  addMetrics(registry, [buildInfo, ...redisMetrics(redis)]);
  return registry;
}

/** Registers metrics; one that is there already under the same name is replaced. */
export function registerMetrics(owner: RegistryOwner, metrics: Metric[]): void {
  addMetrics(registryOf(owner), metrics);
}

/** Memory, processor time, event loop and garbage collection of this process. Once per process. */
export function registerProcessMetrics(owner: RegistryOwner): void {
  collectDefaultMetrics({ register: registryOf(owner) });
}

/** The text of `GET /metrics`. */
export function renderMetrics(owner: RegistryOwner): Promise<string> {
  return registryOf(owner).metrics();
}

export const metricsType = Registry.PROMETHEUS_CONTENT_TYPE;

/** Notes one request of a server. `route` is a template, never a path. */
export type RequestTimer = (route: string, method: string, code: number, milliseconds: number) => void;

const durations = 'http_request_duration_seconds';
/** Seconds: finest where a credential check takes its time, and up to the deadline of a request. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Registers the durations of requests, under one name for both servers. */
export function createRequestTimer(owner: RegistryOwner, server: 'auth' | 'api'): RequestTimer {
  const registry = registryOf(owner);
  const known = registry.getSingleMetric(durations);
  const histogram =
    known instanceof Histogram
      ? known
      : new Histogram({
          name: durations,
          help: 'Time from the arrival of a request to its response.',
          labelNames: ['server', 'route', 'method', 'code'],
          buckets,
          registers: [registry],
        });
  return (route, method, code, milliseconds) =>
    histogram.observe(
      { server, route, method: methods.has(method) ? method : 'other', code: String(code) },
      milliseconds / 1000,
    );
}

export interface CounterDefinition {
  /** Without the prefix `latchkey_`; ends in `_total`. */
  name: string;
  help: string;
  labels: readonly string[];
}

/** Registers a counter, or finds the one of this name; the returned function counts one event. */
export function eventCounter(
  owner: RegistryOwner,
  { name, help, labels }: CounterDefinition,
): (values: Record<string, string>) => void {
  const registry = registryOf(owner);
  const known = registry.getSingleMetric(`latchkey_${name}`);
  const counter =
    known instanceof Counter
      ? known
      : new Counter({ name: `latchkey_${name}`, help, labelNames: [...labels], registers: [registry] });
  return (values) => counter.inc(values);
}

function addMetrics(registry: Registry, metrics: Metric[]): void {
  for (const { name: ownName, help, type, labels = [], read } of metrics) {
    const name = `latchkey_${ownName}`;
    registry.removeSingleMetric(name);
    const options = { name, help, labelNames: [...labels], registers: [registry] };
    if (type === 'counter') {
      const counter: Counter = new Counter({
        ...options,
        async collect() {
          const samples = await readSafely(read);
          counter.reset();
          for (const { labels: values = {}, value } of samples) counter.inc(values, value);
        },
      });
    } else {
      const gauge: Gauge = new Gauge({
        ...options,
        async collect() {
          const samples = await readSafely(read);
          gauge.reset();
          if (samples.length === 0) gauge.remove();
          for (const { labels: values = {}, value } of samples) gauge.set(values, value);
        },
      });
    }
  }
}

async function readSafely(read: Metric['read']): Promise<Sample[]> {
  try {
    return await read();
  } catch {
    return [];
  }
}

const single = (value: number): Sample[] => [{ value }];

const buildInfo: Metric = {
  name: 'build_info',
  help: 'Always 1; the labels say what runs.',
  type: 'gauge',
  labels: ['version', 'node'],
  read: () => [{ labels: { version, node: process.versions.node }, value: 1 }],
};

function redisMetrics(link: RedisLink): Metric[] {
  if (!link.enabled) return [];
  const { counters } = link;
  return [
    {
      name: 'redis_available',
      help: '1 while Redis answers; 0 while limits are counted in this process.',
      type: 'gauge',
      read: () => single(link.available ? 1 : 0),
    },
    {
      name: 'redis_outages_total',
      help: 'Times that Redis was lost.',
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
