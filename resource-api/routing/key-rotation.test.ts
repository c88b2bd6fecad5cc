import { listKeyCalls } from '../../shared/identity/api-keys/key-calls.js';
import { createTestServices } from '../../shared/testing/services.js';
import { productApis } from '../products/index.js';
import { type CallOptions, makeKey, makePerson, startApi } from '../testing/serve.js';

const { services } = await createTestServices({ rateLimitFactor: 1_000 });
const api = await startApi(services);
const person = await makePerson(services);

test.each(productApis.map(({ product }) => [product.id, product] as const))(
  '%s: a key replaces itself, and stays good for its grace',
  async (id, product) => {
    const { key } = await makeKey(services, id, person.id);
    const credentials = (value: string) =>
      product.keys.carriedIn.includes('bearer') ? { bearer: value } : { headers: { 'x-api-key': value } };
    const rotated = await api.call(`/${id}/key/rotate`, { method: 'POST', ...credentials(key) });
    expect(rotated.status).toBe(201);
    const [, successor = ''] = /"key":"([^"]+)"/.exec(rotated.text) ?? [];
    expect(successor).not.toBe(key);
    const statusOf = async (value: string) =>
      (await api.call(`/${id}/no-such-path`, credentials(value))).headers;
    expect((await statusOf(successor)).get('www-authenticate')).toBeNull();
    const again = await api.call(`/${id}/key/rotate`, { method: 'POST', ...credentials(key) });
    // Without a grace the old key is no key any more; with one it has a successor already.
    expect(again.status).toBe(product.keys.rollGraceSeconds === 0 ? 401 : 409);
    expect((await api.call(`/${id}/key/rotate`, { method: 'POST' })).status).toBe(401);
  },
);

test('the id of a successor is written as in the lists of keys, in the product’s own envelope', async () => {
  const rotate = async (id: string, credentials: (key: string) => CallOptions) => {
    const { key } = await makeKey(services, id, person.id);
    return (await api.call(`/${id}/key/rotate`, { method: 'POST', ...credentials(key) })).body;
  };
  const members = {
    id: expect.stringMatching(/^key_[0-9a-f]{24}$/),
    key: expect.any(String),
    previous_key_ends_at: expect.any(String),
  };
  expect(await rotate('openhuman', (key) => ({ bearer: key }))).toEqual(members);
  expect(await rotate('agenthuman', (key) => ({ headers: { 'x-api-key': key } }))).toEqual({
    success: true,
    ...members,
  });
});

test('the calls of a key are noted with their templates and never with a query', async () => {
  const { id, key } = await makeKey(services, 'haas', person.id, { environment: 'test' });
  await api.call('/haas/v1/humans/usr_maria_42/status?secret=1', { bearer: key });
  await api.call('/haas/v1/nothing', { bearer: key });
  const deadline = performance.now() + 10_000;
  let calls = await listKeyCalls(services, id);
  while (calls.length < 2 && performance.now() < deadline) calls = await listKeyCalls(services, id);
  expect(calls.map(({ method, route, status }) => [method, route, status])).toEqual([
    ['GET', 'no such path', 404],
    ['GET', '/v1/humans/:id/status', 200],
  ]);
});
