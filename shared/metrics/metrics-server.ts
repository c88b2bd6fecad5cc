/**
 * `/metrics`, `/health` and `/ready` on METRICS_PORT, which is for operators and never published. Outside production
 * the servers also serve `/metrics` on their own ports.
 */
import { checkReadiness } from '../http/readiness.js';
import { type RunningServer, serve } from '../http/serve.js';
import type { Services } from '../services.js';
import { metricsType, renderMetrics } from './metrics.js';

/** undefined without METRICS_PORT. Throws a StartupError when the port is taken. */
export async function startMetricsServer(services: Services): Promise<RunningServer | undefined> {
  const { metricsPort, host } = services.config;
  if (metricsPort === undefined) return undefined;
  return serve({
    host,
    port: metricsPort,
    portName: 'METRICS_PORT',
    async handler({ url }, response) {
      const { status, type, body } = await respond(services, url);
      response.writeHead(status, { 'Content-Type': type });
      response.end(body);
    },
  });
}

const json = 'application/json; charset=utf-8';

async function respond(services: Services, path: string | undefined) {
  if (path === '/metrics') return { status: 200, type: metricsType, body: await renderMetrics(services) };
  if (path === '/health') return { status: 200, type: json, body: '{"status":"ok"}' };
  if (path === '/ready') {
    const { httpStatus, body } = await checkReadiness(services);
    return { status: httpStatus, type: json, body: JSON.stringify(body) };
  }
  return { status: 404, type: json, body: '{"error":"not_found"}' };
}
