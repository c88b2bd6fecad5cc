import { z } from 'zod';
import { sqlNow } from '../../../shared/clock.js';
import { DomainError } from '../../../shared/errors.js';
import { newId } from '../../../shared/ids.js';
import { products } from '../../../shared/products/index.js';
import { createTestServices } from '../../../shared/testing/services.js';
import type { ProductApi } from '../../routing/product-api.js';
import { reply } from '../../routing/reply.js';
import { anyone, apiKey, post } from '../../routing/route.js';
import { anotherProcess, makeKey, makePerson, startApi, type TestApi } from '../../testing/serve.js';

const { services, clock } = await createTestServices({ rateLimitFactor: 1_000 });
const product = products.find(({ keys, jwt }) => keys.environments.test && jwt);
if (!product) throw new Error('no product with test keys');

await services.db.raw('create table things (id text primary key, name text not null, made_at timestamptz)');

const body = z.object({ name: z.string().max(20) });
const thingsApi: ProductApi = {
  product,
  routes: [
    post('/things', { by: [apiKey()], body, idempotent: true }, async ({ services: tx, body: { name } }) => {
      const id = newId();
      await tx.db('things').insert({ id, name, made_at: sqlNow(tx) });
      if (name === 'refused') throw new DomainError('conflict');
      if (name === 'broken') throw new Error('a fault of ours');
      return reply(201, { id, name }, { Location: `/things/${id}` });
    }),
    post('/things/:id/copies', { by: [apiKey()], body, idempotent: true }, () => reply(201, { id: newId() })),
    post('/public', { by: anyone, body, idempotent: true }, () => reply(201, { id: newId() })),
  ],
};
const api = await startApi(services, [thingsApi]);
const other = await startApi(anotherProcess(services), [thingsApi]);
const person = await makePerson(services);
const key = async (environment: 'live' | 'test' = 'live', userId = person.id) =>
  (await makeKey(services, product.id, userId, { environment })).key;
const live = await key();

interface Options {
  as?: string;
  at?: TestApi;
  path?: string;
}

const create = (
  idempotencyKey: string,
  name: string,
  { as = live, at = api, path = '/things' }: Options = {},
) => {
  const inHeader = product.keys.carriedIn.includes('bearer');
  const headers = { 'Idempotency-Key': idempotencyKey, ...(inHeader ? {} : { 'x-api-key': as }) };
  return at.call(`/${product.id}${path}`, { body: { name }, headers, bearer: inHeader ? as : undefined });
};
const countThings = async (name: string) => {
  const made = await services.db('things').where({ name });
  return made.length;
};

test('the same key and body give the same answer, and the work is done once', async () => {
  const first = await create('k1', 'once');
  const again = await create('k1', 'once', { at: other });
  expect([again.status, again.body]).toEqual([201, first.body]);
  expect(again.headers.get('location')).toBe(first.headers.get('location'));
  expect([first, again].map(({ headers }) => headers.get('idempotency-replayed'))).toEqual([null, 'true']);
  expect(await countThings('once')).toBe(1);
});

test('the same key with another body is 422', async () => {
  await create('k2', 'a');
  expect((await create('k2', 'b')).status).toBe(422);
  expect(await countThings('b')).toBe(0);
});

test('of 50 parallel calls over two processes one does the work, the others get its answer or 409', async () => {
  const responses = await Promise.all(
    Array.from({ length: 50 }, (_, index) => create('k3', 'parallel', { at: index % 2 ? api : other })),
  );
  expect(await countThings('parallel')).toBe(1);
  const made = responses.filter(({ status }) => status === 201);
  expect(new Set(made.map(({ text }) => text)).size).toBe(1);
  expect(made.filter(({ headers }) => headers.get('idempotency-replayed') === null)).toHaveLength(1);
  expect(responses.every(({ status }) => status === 201 || status === 409)).toBe(true);
});

test('what was refused or failed leaves nothing behind, and the key is free again', async () => {
  expect((await create('k4', 'refused')).status).toBe(409);
  expect((await create('k4', 'broken')).status).toBe(500);
  expect([await countThings('refused'), await countThings('broken')]).toEqual([0, 0]);
  expect((await create('k4', 'good')).status).toBe(201);
});

test('a key holds for one account, one environment and one route', async () => {
  const stranger = await makePerson(services);
  const ids = await Promise.all([
    create('k5', 'x'),
    create('k5', 'x', { as: await key('test') }),
    create('k5', 'x', { as: await key('live', stranger.id) }),
    create('k5', 'x', { path: '/things/1/copies' }),
  ]);
  expect(new Set(ids.map(({ body: thing }) => (thing as { id: string }).id)).size).toBe(4);
  expect((await create('k5', 'x', { path: '/things/2/copies' })).status).toBe(422);
});

test('another key of the same account gets the same answer', async () => {
  const first = await create('k6', 'shared');
  expect((await create('k6', 'shared', { as: await key() })).body).toEqual(first.body);
});

test('after 24 hours the key is free again', async () => {
  const first = await create('k7', 'day');
  clock.advance(86_399_000);
  expect((await create('k7', 'day')).body).toEqual(first.body);
  clock.advance(2_000);
  expect((await create('k7', 'day')).body).not.toEqual(first.body);
});

test('it is ignored for anonymous callers', async () => {
  const call = () =>
    api.call(`/${product.id}/public`, { body: { name: 'x' }, headers: { 'Idempotency-Key': 'k8' } });
  expect((await call()).body).not.toEqual((await call()).body);
});

test('an empty or an overlong key is a validation error, and an invalid body takes no key', async () => {
  for (const bad of ['x'.repeat(256), 'ü']) {
    const response = await create(bad, 'x');
    expect([response.status, response.text]).toEqual([400, expect.stringContaining('Idempotency-Key')]);
  }
  expect((await create('k9', 'far too long a name for this')).status).toBe(400);
  expect((await create('k9', 'short')).status).toBe(201);
});

test('what is stored tells nothing', async () => {
  await create('k10', 'a-secret-thing');
  const rows = JSON.stringify(await services.db('idempotent_answers').select());
  expect(rows).not.toContain('a-secret-thing');
  expect(rows).not.toContain('k10');
});
