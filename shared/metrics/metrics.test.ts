import { limiterOf } from '../limiter/limiter.js';
import { eventually, startFragileRedis } from '../testing/fragile-redis.js';
import { createTestServices } from '../testing/services.js';
import { registerMetrics, renderMetrics } from './metrics.js';
import { startMetricsServer } from './metrics-server.js';

const redis = await startFragileRedis();
const { services } = await createTestServices({ redisUrl: redis.url });
afterAll(() => redis.kill());

const figureOf = (line: string): number | undefined => {
  const found = renderMetrics(services)
    .split('\n')
    .find((text) => text.startsWith(`latchkey_${line} `));
  return found === undefined ? undefined : Number(found.split(' ').at(-1));
};

test('every metric has its help and its type in front of its values', () => {
  registerMetrics(services, [
    {
      name: 'things_total',
      help: 'Things.',
      type: 'counter',
      read: () => [{ labels: { kind: 'a' }, value: 3 }],
    },
  ]);
  expect(renderMetrics(services)).toContain(
    '# HELP latchkey_things_total Things.\n# TYPE latchkey_things_total counter\nlatchkey_things_total{kind="a"} 3\n',
  );
});

test('an outage of Redis shows, and who decides meanwhile', async () => {
  const limiter = limiterOf(services);
  const check = { name: 'n', subject: 'key:1', quota: 2, window: { kind: 'fixed', seconds: 60 } } as const;
  await limiter.take('p', [check]);
  expect(figureOf('redis_available')).toBe(1);
  expect(figureOf('limit_decisions_total{source="redis"}')).toBe(1);
  redis.freeze();
  await limiter.take('p', [check]);
  await limiter.take('p', [check]);
  expect(figureOf('redis_available')).toBe(0);
  expect(figureOf('redis_outages_total')).toBe(1);
  expect(figureOf('limit_decisions_total{source="process"}')).toBe(2);
  expect(figureOf('limit_refusals_total{product="p",limit="n"}')).toBe(1);
  redis.thaw();
  await eventually(() => figureOf('redis_available') === 1);
});

test('in production they are served on a port of their own, and only there', async () => {
  const config = { ...services.config, production: true, metricsPort: 0, host: '127.0.0.1' };
  const server = await startMetricsServer({ ...services, config });
  const response = await fetch(`${server?.url}/metrics`);
  expect(response.headers.get('content-type')).toContain('version=0.0.4');
  expect(await response.text()).toContain('latchkey_uptime_seconds');
  expect((await fetch(`${server?.url}/`)).status).toBe(404);
  await server?.close();
  expect(
    await startMetricsServer({ ...services, config: { ...config, metricsPort: undefined } }),
  ).toBeUndefined();
});
