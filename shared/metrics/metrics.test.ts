import { limiterOf } from '../limiter/limiter.js';
import { eventually, startFragileRedis } from '../testing/fragile-redis.js';
import { createTestServices, whenFileEnds } from '../testing/services.js';
import { registerDatabaseMetrics } from './database-metrics.js';
import { createRequestTimer, registerMetrics, registerProcessMetrics, renderMetrics } from './metrics.js';
import { startMetricsServer } from './metrics-server.js';

const redis = await startFragileRedis();
const { services } = await createTestServices({ redisUrl: redis.url });
afterAll(() => redis.kill());

const figureOf = async (line: string): Promise<number | undefined> => {
  const found = (await renderMetrics(services))
    .split('\n')
    .find((text) => text.startsWith(`latchkey_${line} `));
  return found === undefined ? undefined : Number(found.split(' ').at(-1));
};

test('every metric has its help and its type in front of its values', async () => {
  registerMetrics(services, [
    {
      name: 'things_total',
      help: 'Things.',
      type: 'counter',
      labels: ['kind'],
      read: () => [{ labels: { kind: 'a' }, value: 3 }],
    },
  ]);
  expect(await renderMetrics(services)).toContain(
    '# HELP latchkey_things_total Things.\n# TYPE latchkey_things_total counter\nlatchkey_things_total{kind="a"} 3\n',
  );
});

test('an outage of Redis shows, and who decides meanwhile', async () => {
  const limiter = limiterOf(services);
  const check = { name: 'n', subject: 'key:1', quota: 2, window: { kind: 'fixed', seconds: 60 } } as const;
  await limiter.take('p', [check]);
  expect(await figureOf('redis_available')).toBe(1);
  expect(await figureOf('limit_decisions_total{source="redis"}')).toBe(1);
  redis.freeze();
  await limiter.take('p', [check]);
  await limiter.take('p', [check]);
  expect(await figureOf('redis_available')).toBe(0);
  expect(await figureOf('redis_outages_total')).toBe(1);
  expect(await figureOf('limit_decisions_total{source="process"}')).toBe(2);
  expect(await figureOf('limit_refusals_total{product="p",limit="n"}')).toBe(1);
  redis.thaw();
  await eventually(async () => (await figureOf('redis_available')) === 1);
});

test('on METRICS_PORT there are metrics, health and readiness, and without it nothing listens', async () => {
  registerProcessMetrics(services);
  registerDatabaseMetrics(services);
  const config = { ...services.config, metricsPort: 0, host: '127.0.0.1' };
  const server = await startMetricsServer({ ...services, config });
  whenFileEnds(async () => server?.close());
  const get = (path: string) => fetch(`${server?.url}${path}`);
  const response = await get('/metrics');
  expect(response.headers.get('content-type')).toContain('version=0.0.4');
  const text = await response.text();
  for (const name of [
    'process_cpu_seconds_total',
    'nodejs_eventloop_lag_p99_seconds',
    'latchkey_build_info{',
    'latchkey_database_connections{state="used"}',
    'latchkey_jobs_waiting 0',
    'latchkey_job_oldest_age_seconds 0',
    'latchkey_jobs_dead 0',
    'latchkey_mails_waiting 0',
    'latchkey_webhook_lag_seconds 0',
  ]) {
    expect(text).toContain(name);
  }
  expect(await (await get('/health')).json()).toEqual({ status: 'ok' });
  expect((await get('/ready')).status).toBe(200);
  expect((await get('/')).status).toBe(404);
  expect(await startMetricsServer(services)).toBeUndefined();
});

test('the durations of requests have the same labels at both servers, and no method of a caller becomes one', async () => {
  createRequestTimer(services, 'auth')('/token', 'POST', 200, 3);
  createRequestTimer(services, 'api')('haas GET /v1/tasks', 'BREW', 405, 700);
  const text = await renderMetrics(services);
  const bucket = (labels: string) => `http_request_duration_seconds_bucket{le="1",${labels}} 1`;
  expect(text).toContain(bucket('server="auth",route="/token",method="POST",code="200"'));
  expect(text).toContain(bucket('server="api",route="haas GET /v1/tasks",method="other",code="405"'));
});

test('a queue that cannot be read leaves its metric out and the others in', async () => {
  registerMetrics(services, [
    { name: 'broken', help: 'Broken.', type: 'gauge', read: () => Promise.reject(new Error('gone')) },
  ]);
  const text = await renderMetrics(services);
  expect(text).not.toMatch(/^latchkey_broken /m);
  expect(text).toContain('latchkey_redis_available 1');
});
