/** The OpenAPI documents, as the running server sends them. */
import { readFileSync } from 'node:fs';
import { createTestServices } from '../../shared/testing/services.js';
import { version } from '../../shared/version.js';
import { productApis } from '../products/index.js';
import { keyRotationRoutes } from '../routing/key-rotation.js';
import { startApi } from '../testing/serve.js';
import { listOperations } from './openapi.js';

/** Routes that are no operations: pages for people, a picture, and the MCP server, which is no REST API. */
const pages: Readonly<Record<string, readonly string[]>> = {
  humanping: [
    'GET /api/v1/agents/recover-key',
    'POST /api/v1/agents/recover-key',
    'GET /api/v1/worker/verify',
    'POST /api/v1/worker/verify',
  ],
  hitl: ['GET /qr/:file', 'GET /join/:code', 'POST /join/:code'],
  mcp: ['POST /', 'POST /test', 'GET /tools'],
};

const { services } = await createTestServices();
const api = await startApi(services);

test('the version is that of package.json', () => {
  expect(version).toBe(JSON.parse(readFileSync('package.json', 'utf8')).version);
});

test.each(productApis.map((entry) => [entry.product.id, entry] as const))(
  '%s documents its errors and every route that is no page',
  (id, entry) => {
    expect(entry.errorSchema).toBeDefined();
    const undocumented = [...entry.routes, ...keyRotationRoutes(entry)]
      .filter(({ options }) => options.reference === undefined)
      .map(({ method, path }) => `${method} ${path}`);
    expect(undocumented).toEqual(pages[id] ?? []);
  },
);

test.each(productApis.map((entry) => [entry.product.id, entry] as const))(
  '%s serves an OpenAPI 3.1 document with an operation for each route that is no page',
  async (id, entry) => {
    const response = await api.call(`/${id}/openapi.json`);
    expect(response.status).toBe(200);
    const document = response.body as { openapi: string; paths: Record<string, object>; servers: unknown };
    expect(document.openapi).toBe('3.1.0');
    expect(document.servers).toEqual([{ url: `${services.config.apiUrl}/${id}` }]);
    const operations = Object.values(document.paths).flatMap((methods) => Object.keys(methods));
    expect(operations).toHaveLength(listOperations(entry).length);
  },
);
