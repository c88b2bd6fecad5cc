/** The API's root and each product's, as a browser and as a program meet them. */
import { createTestServices } from '../../shared/testing/services.js';
import { startApi } from '../testing/serve.js';

const { services } = await createTestServices();
const { call } = await startApi(services);

test.each(['/', '/haas', '/hitl/'])('%s is a page for a browser and JSON for a program', async (path) => {
  const page = await call(path, { headers: { accept: 'text/html,application/xhtml+xml' } });
  expect(page.status).toBe(200);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(page.text).toContain('Get a key in the console');
  const json = await call(path, { headers: { accept: '*/*' } });
  expect(json.status).toBe(404);
  expect(json.headers.get('content-type')).toContain('json');
});
