/** What is taken for a credential and what is not, over HTTP. */
import { createTestServices } from '../../shared/testing/services.js';
import { rawCall } from '../testing/raw-call.js';
import { makeKey, makePerson, startApi } from '../testing/serve.js';

const { services } = await createTestServices({ rateLimitFactor: 1_000 });
const api = await startApi(services);
const person = await makePerson(services);
const haas = await makeKey(services, 'haas', person.id, { environment: 'test' });
const path = '/haas/v1/humans/usr_maria_42/status';
const statusWith = async (authorization: string) =>
  (await api.call(path, { headers: { Authorization: authorization } })).status;

test('the scheme word is read in any case, and spaces around a value are no part of it', async () => {
  for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEaReR']) {
    expect([scheme, await statusWith(`${scheme} ${haas.key}`)]).toEqual([scheme, 200]);
  }
  expect(await statusWith(`  Bearer    ${haas.key}   `)).toBe(200);
});

test('another scheme, no value, two values, quotes and control characters are 401', async () => {
  const { key } = haas;
  const bad = [
    'Basic abc',
    'Bearer',
    'Bearer ',
    key,
    `Bearer "${key}"`,
    `Bearer ${key} ${key}`,
    `Bearer ${key}\u0080`,
  ];
  for (const value of [...bad, `Bearer ${'x'.repeat(5_000)}`, `Bearer${key}`]) {
    expect([value.slice(0, 20), await statusWith(value)]).toEqual([value.slice(0, 20), 401]);
  }
});

test('two Authorization fields are refused instead of guessing which one is meant', async () => {
  const field = ['Authorization', `Bearer ${haas.key}`];
  const response = await rawCall(api.url + path, [...field, ...field]);
  expect(response.status).toBe(400);
  expect(response.body).toMatchObject({ error: { code: 400, type: 'invalid_request' } });
  expect(response.headers['www-authenticate']).toContain('error="invalid_request"');
});

test('a key in the query is not looked at', async () => {
  for (const name of ['access_token', 'token', 'api_key']) {
    expect((await api.call(`${path}?${name}=${haas.key}`)).status).toBe(401);
  }
});

test('x-api-key means something only where the product documents it', async () => {
  const headers = { 'x-api-key': haas.key };
  expect((await api.call(path, { headers })).status).toBe(401);
  expect((await api.call(path, { headers: { 'x-api-key': 'whatever' }, bearer: haas.key })).status).toBe(200);
});

test('a key with a wrong checksum, or of another product, is unknown without a look-up', async () => {
  const wrongChecksum = haas.key.slice(0, -1) + (haas.key.endsWith('a') ? 'b' : 'a');
  const foreign = await makeKey(services, 'openhuman', person.id);
  const queries: string[] = [];
  // Notes of what keys do are written beside the call; only reading is looked for.
  services.db.on('query', ({ sql }) => sql.startsWith('select') && queries.push(sql));
  for (const key of [wrongChecksum, foreign.key, 'haas_test_sk_', 'haas_live_sk_7Kq8mP2xNvL3...']) {
    const response = await api.call(path, { bearer: key });
    expect([response.status, response.body]).toMatchObject([
      401,
      { error: { message: 'Invalid or missing API key.' } },
    ]);
    expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"');
  }
  services.db.removeAllListeners('query');
  expect(queries).toEqual([]);
});

test('a remembered key is verified without a query', async () => {
  await api.call(path, { bearer: haas.key });
  const queries: string[] = [];
  // Notes of what keys do are written beside the call; only reading is looked for.
  services.db.on('query', ({ sql }) => sql.startsWith('select') && queries.push(sql));
  // A path that does not exist: nothing but the verification could ask the database.
  for (let round = 0; round < 20; round += 1) await api.call('/haas/v1/nothing', { bearer: haas.key });
  services.db.removeAllListeners('query');
  expect(queries).toEqual([]);
});
