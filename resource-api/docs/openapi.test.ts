/** The OpenAPI documents, as the running server sends them. */
import { readFileSync } from 'node:fs';
import { createTestServices } from '../../shared/testing/services.js';
import { version } from '../../shared/version.js';
import { productApis } from '../products/index.js';
import { startApi } from '../testing/serve.js';
import { listOperations } from './openapi.js';

const { services } = await createTestServices();
const api = await startApi(services);

test('the version is that of package.json', () => {
  expect(version).toBe(JSON.parse(readFileSync('package.json', 'utf8')).version);
});

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
