/**
 * `/metrics` in production: on METRICS_PORT, which is for operators and never published. Elsewhere each server
 * answers it itself.
 */

import { type RunningServer, serve } from '../http/serve.js';
import type { Services } from '../services.js';
import { metricsType, renderMetrics } from './metrics.js';

/** undefined when there is nothing to serve. Throws a StartupError when the port is taken. */
export async function startMetricsServer(services: Services): Promise<RunningServer | undefined> {
  const { production, metricsPort, host } = services.config;
  if (!production || metricsPort === undefined) return undefined;
  return serve({
    host,
    port: metricsPort,
    portName: 'METRICS_PORT',
    handler(request, response) {
      const found = request.url === '/metrics';
      response.writeHead(found ? 200 : 404, { 'Content-Type': metricsType });
      response.end(found ? renderMetrics(services) : '');
    },
  });
}
