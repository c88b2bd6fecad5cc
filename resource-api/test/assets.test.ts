/** The stylesheet, script and icon that the pages of the resource API load from their own origin. */
import { createTestServices } from '../../shared/testing/services.js';
import { assets } from '../../shared/ui/assets.js';
import { startApi } from '../testing/serve.js';

const { services } = await createTestServices();
const { call } = await startApi(services);

test.each(assets.map(({ path, contentType }) => [path, contentType]))(
  '%s is served as %s',
  async (path, type) => {
    const response = await call(path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(type);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    const etag = response.headers.get('etag') ?? '';
    expect((await call(path, { headers: { 'if-none-match': etag } })).status).toBe(304);
  },
);

test('an unknown asset is a 404, and an asset takes no POST', async () => {
  expect((await call('/assets/nothing.css')).status).toBe(404);
  expect((await call('/assets/latchkey.css', { method: 'POST', body: {} })).status).toBe(405);
});
