/**
 * Both real servers on free ports, as one installation: what the authorization server issues, the resource API
 * takes. Call it at the top level of a test file; the servers end with the file.
 */
import { createAuthApp } from '../../auth-server/app.js';
import { createResourceApi } from '../../resource-api/app.js';
import type { ProductApi } from '../../resource-api/routing/product-api.js';
import { type App, type RunningServer, serve } from '../../shared/http/serve.js';
import type { Services } from '../../shared/services.js';

export interface TestServers {
  authUrl: string;
  apiUrl: string;
  close(): Promise<void>;
}

/**
 * Writes the addresses into the configuration of these services, which must be fresh. A second pair on the same
 * services keeps them: as behind a load balancer, it answers elsewhere and speaks of the same issuer. `apis`: other
 * routes than the products' own.
 */
export async function startTestServers(
  services: Services,
  apis?: readonly ProductApi[],
): Promise<TestServers> {
  const { config } = services;
  const auth = await listen();
  const api = await listen();
  if (config.authPort === 0) {
    config.authPort = auth.server.port;
    config.apiPort = api.server.port;
    config.issuer = auth.server.url;
    config.apiUrl = api.server.url;
  }
  auth.attach(await createAuthApp(services));
  const resourceApi = createResourceApi(services, apis);
  api.attach(resourceApi);
  await resourceApi.listening;

  let closed: Promise<unknown> | undefined;
  const close = async () => {
    closed ??= Promise.all([auth.close(), api.close()]);
    await closed;
  };
  afterAll(close);
  return { authUrl: auth.server.url, apiUrl: api.server.url, close };
}

/** The address must be known before an app is made, so a server listens first and gets its app later. */
async function listen() {
  let app: App | undefined;
  const server: RunningServer = await serve({
    handler: (request, response) => app?.handler(request, response),
    upgrade: (request, socket, head) => app?.upgrade?.(request, socket, head),
    host: '127.0.0.1',
    port: 0,
  });
  return {
    server,
    attach(attached: App) {
      app = attached;
    },
    close: () => Promise.all([server.close(), app?.close()]),
  };
}
