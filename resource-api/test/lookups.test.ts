import { mintKey } from '../../shared/crypto/key-format.js';
import { getProduct } from '../../shared/products/index.js';
import { createTestServices } from '../../shared/testing/services.js';
import { makeKey, makePerson, startApi } from '../testing/serve.js';

const { services } = await createTestServices();
const api = await startApi(services);
const owner = await makePerson(services);
// A product without a limit for strangers that would step in earlier.
const product = getProduct('humanping');
const good = await makeKey(services, product.id, owner.id);
const call = (bearer: string) => api.call('/humanping/api/v1/nothing', { bearer });

test('an address that tries many unknown keys is refused before the look-up; one with a good key is not', async () => {
  expect((await call(good.key)).status).toBe(404);
  for (let attempt = 0; attempt < 60; attempt += 1) await call(mintKey(product.keys, 'live'));
  const queries: string[] = [];
  // Notes of what keys do are written beside the call; only reading is looked for.
  services.db.on('query', ({ sql }) => sql.startsWith('select') && queries.push(sql));
  const response = await call(mintKey(product.keys, 'live'));
  expect(response.status).toBe(429);
  expect(response.body).toEqual({ error: 'Rate limited', retry_after_seconds: expect.any(Number) });
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await call(good.key)).status).toBe(404);
  services.db.removeAllListeners('query');
  expect(queries).toEqual([]);
});
