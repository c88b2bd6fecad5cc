/** Needs `promtool` on the PATH (Debian package prometheus). */
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { registerDatabaseMetrics } from '../../shared/metrics/database-metrics.js';
import { registerProcessMetrics } from '../../shared/metrics/metrics.js';
import { createTestUser } from '../../shared/testing/people.js';
import { createTestServices } from '../../shared/testing/services.js';
import { startTestServers } from '../testing/servers.js';

const { services } = await createTestServices();
const { authUrl, apiUrl } = await startTestServers(services);
registerProcessMetrics(services);
registerDatabaseMetrics(services);

const promtool = (...args: string[]) => promisify(execFile)('promtool', args);

async function readMetrics(): Promise<string> {
  // Recorded in the audit log.
  await createTestUser(services);
  await fetch(`${authUrl}/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  await fetch(`${apiUrl}/haas/v1/tasks`);
  return (await fetch(`${apiUrl}/metrics`)).text();
}

test('the metrics follow the conventions of Prometheus', async () => {
  const text = await readMetrics();
  expect(text).toMatch(/^latchkey_token_refusals_total\{grant="client_credentials",error="\w+"\} 1$/m);
  expect(text).toContain('http_request_duration_seconds_count{server="api",route="haas ');
  // prom-client names two of its default metrics against the conventions; ours have no finding.
  const own = text
    .split('\n')
    .filter((line) => !/nodejs_|process_/.test(line))
    .join('\n');
  expect(execFileSync('promtool', ['check', 'metrics'], { input: own, encoding: 'utf8' })).toBe('');
});

test('the alerts are valid and fire on the faults that they are for', async () => {
  await promtool('check', 'rules', 'deploy/prometheus/alerts.yml');
  await promtool('test', 'rules', 'deploy/prometheus/alerts.test.yml');
});

test('alerts and dashboard ask only for metrics that exist', async () => {
  const known = new Set([...(await readMetrics()).matchAll(/^# HELP (\S+)/gm)].map(([, name]) => name));
  const asked = ['deploy/prometheus/alerts.yml', 'deploy/grafana/latchkey.json'].flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/\b(?:latchkey|http|nodejs|process)_\w+/g)].map(([name]) =>
      name.replace(/_seconds_(?:bucket|count|sum)$/, '_seconds'),
    ),
  );
  expect(asked.length).toBeGreaterThan(20);
  expect(asked.filter((name) => !known.has(name))).toEqual([]);
});
