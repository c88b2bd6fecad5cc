import { z } from 'zod';
import { products } from '../../../shared/products/index.js';
import { createTestServices } from '../../../shared/testing/services.js';
import type { ProductApi } from '../../routing/product-api.js';
import { anyone, get, patch, post, put } from '../../routing/route.js';
import { startApi } from '../../testing/serve.js';

const { services } = await createTestServices({ rateLimitFactor: 1_000 });
const [product] = products;
if (!product) throw new Error('no product');

const body = z.object({
  title: z.string().min(3).max(10),
  kind: z.enum(['a', 'b']),
  pay: z.object({ cents: z.int().min(1) }).optional(),
  tags: z.array(z.string()).max(2).optional(),
  note: z.unknown().optional(),
});
const query = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  states: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(['open', 'done'])))
    .optional(),
});
const validating: ProductApi = {
  product,
  routes: [
    post('/things', { by: anyone, body }, ({ body: thing }) => thing),
    patch('/things', { by: anyone, body: z.strictObject({ title: z.string().optional() }) }, () => ({})),
    put(
      '/things',
      { by: anyone, body: z.object({}).refine(() => false, 'say one or the other') },
      () => ({}),
    ),
    get('/things', { by: anyone, query }, ({ query: { limit } }) => ({ limit })),
    get('/things/:id', { by: anyone }, ({ params }) => params),
  ],
};
const api = await startApi(services, [validating]);
const things = `/${product.id}/things`;
const messageFor = async (thing: unknown) => JSON.parse((await api.call(things, { body: thing })).text).error;

test('a validation error names the member and says what it must be', async () => {
  const good = { title: 'title', kind: 'a' };
  expect(await messageFor(good)).toBeUndefined();
  expect(await messageFor({ kind: 'a' })).toBe('title is required');
  expect(await messageFor({ ...good, title: 7 })).toBe('title must be a string');
  expect(await messageFor({ ...good, title: 'x' })).toBe('title must have at least 3 characters');
  expect(await messageFor({ ...good, title: 'x'.repeat(11) })).toBe('title must have at most 10 characters');
  expect(await messageFor({ ...good, kind: 'c' })).toBe('kind must be one of: a, b');
  expect(await messageFor({ ...good, pay: { cents: 0 } })).toBe('pay.cents must be at least 1');
  expect(await messageFor({ ...good, pay: { cents: 1.5 } })).toBe('pay.cents must be a whole number');
  expect(await messageFor({ ...good, pay: [] })).toBe('pay must be an object');
  expect(await messageFor({ ...good, tags: ['1', '2', '3'] })).toBe('tags must have at most 2 items');
});

test('what is wrong with the whole is told without the name of a member', async () => {
  const response = await api.call(things, { method: 'PUT', body: {} });
  expect(response.body).toEqual({ error: 'The request: say one or the other' });
});

test('an empty body is an object without members', async () => {
  const response = await api.call(things, { method: 'POST' });
  expect([response.status, JSON.parse(response.text).error]).toEqual([400, 'title is required']);
});

test('a member that is not known is named where the schema is strict', async () => {
  const response = await api.call(things, { method: 'PATCH', body: { titel: 'x' } });
  expect(response.body).toEqual({ error: 'titel is not known here', field: 'titel' });
});

test('the query is held against its schema', async () => {
  expect((await api.call(things)).body).toEqual({ limit: 20 });
  expect((await api.call(`${things}?limit=5`)).body).toEqual({ limit: 5 });
  for (const bad of ['limit=0', 'limit=101', 'limit=x', 'limit=5&limit=6', 'limit=%00']) {
    expect([bad, (await api.call(`${things}?${bad}`)).status]).toEqual([bad, 400]);
  }
  expect((await api.call(`${things}?states=open,gone`)).body).toEqual({
    error: 'states must be one of: open, done',
    field: 'states',
  });
  const many = Array.from({ length: 2_000 }, (_, index) => `p${index}=1`).join('&');
  expect((await api.call(`${things}?${many}`)).status).toBe(200);
});

test('bodies that nothing could store or read are refused', async () => {
  const deep = `{"title":"abc","kind":"a","note":${'['.repeat(5_000)}${']'.repeat(5_000)}}`;
  const headers = { 'Content-Type': 'application/json' };
  for (const text of [
    deep,
    '{"title":"a\\u0000b","kind":"a"}',
    '{"title":"a\\ud800b","kind":"a"}',
    '\ufeff{',
    'x',
  ]) {
    expect((await api.call(things, { body: text, headers })).status).toBe(400);
  }
  expect(await messageFor({ title: 'a\\u0000', kind: 'a' })).toBeUndefined();
});

test('another content type is 415, and none at all is JSON', async () => {
  const text = '{"title":"abc","kind":"a"}';
  const send = async (type: string) =>
    (await api.call(things, { body: text, headers: { 'Content-Type': type } })).status;
  expect(await send('application/json; charset=utf-8')).toBe(200);
  expect(await send('application/merge-patch+json')).toBe(200);
  expect(await send('application/x-www-form-urlencoded')).toBe(415);
  expect(await send('text/plain')).toBe(415);
  const compressed = { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' };
  expect((await api.call(things, { body: text, headers: compressed })).status).toBe(415);
});

test('a GET with a content type and no body is answered', async () => {
  const response = await api.call(`${things}/a%20b`, { headers: { 'Content-Type': 'application/json' } });
  expect([response.status, response.body]).toEqual([200, { id: 'a b' }]);
  expect((await api.call(`${things}/a%00b`)).status).toBe(404);
});
