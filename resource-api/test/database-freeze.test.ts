/** What an API client sees while Postgres does not respond, and afterwards. */
import { z } from 'zod';
import { newId } from '../../shared/ids.js';
import { connectDatabase } from '../../shared/postgres/db.js';
import { products } from '../../shared/products/index.js';
import { freezablePostgres } from '../../shared/testing/postgres-freeze.js';
import { createTestServices, whenFileEnds } from '../../shared/testing/services.js';
import type { ProductApi } from '../routing/product-api.js';
import { reply } from '../routing/reply.js';
import { apiKey, post } from '../routing/route.js';
import { makeKey, makePerson, startApi } from '../testing/serve.js';

const { services: observer } = await createTestServices({ rateLimitFactor: 1_000 });
const product = products.find(({ keys }) => keys.carriedIn.includes('bearer'));
if (!product) throw new Error('no product whose keys are bearer tokens');

const poolSize = 4;
const impatient = connectDatabase({
  url: observer.config.databaseUrl ?? '',
  poolSize,
  queryTimeoutMs: 300,
});
whenFileEnds(() => impatient.destroy());
const postgres = freezablePostgres(impatient, poolSize);

await observer.db.raw('create table things (id text primary key, name text not null)');
const body = z.object({ name: z.string().max(20) });
const thingsApi: ProductApi = {
  product,
  routes: [
    post('/things', { by: [apiKey()], body, idempotent: true }, async ({ services: tx, body: { name } }) => {
      const id = newId();
      await tx.db('things').insert({ id, name });
      return reply(201, { id });
    }),
  ],
};
const api = await startApi({ ...observer, db: impatient }, [thingsApi]);
const { key } = await makeKey(observer, product.id, (await makePerson(observer)).id);

const create = (name: string, idempotencyKey: string) =>
  api.call(`/${product.id}/things`, {
    body: { name },
    bearer: key,
    headers: { 'Idempotency-Key': idempotencyKey },
  });
const names = (prefix: string) => Array.from({ length: 30 }, (_item, index) => `${prefix}-${index}`);
const findNames = (): Promise<string[]> => observer.db('things').orderBy('name').pluck('name');

beforeEach(() => observer.db('things').delete());

test('requests during a silence are 503 with Retry-After, and every 201 after it is kept', async () => {
  await create('first', 'warm');
  await postgres.prepare();
  postgres.freeze();
  const during = await Promise.all(names('during').map((name) => create(name, name)));
  const cutOff = during.filter(({ status }) => status === 503);
  expect(cutOff.length).toBeGreaterThan(0);
  for (const { headers } of cutOff) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  postgres.thaw();
  const after = await Promise.all(names('after').map((name) => create(name, name)));
  expect(new Set(after.map(({ status }) => status))).toEqual(new Set([201]));
  // A request during the silence that got a new connection may have succeeded: that is kept as well.
  const kept = names('during').filter((_name, index) => during[index]?.status === 201);
  expect(await findNames()).toEqual(expect.arrayContaining([...kept, ...names('after')]));
});

test('a COMMIT without a response is 503, and the repetition with the same Idempotency-Key takes effect once', async () => {
  await create('first', 'warm-again');
  await postgres.prepare();
  const freezeAtCommit = ({ sql }: { sql: string }) => {
    if (sql === 'COMMIT;') postgres.freeze();
  };
  impatient.client.on('query', freezeAtCommit);
  const unknown = await create('unknown', 'repeat');
  impatient.client.off('query', freezeAtCommit);
  expect(unknown.status).toBe(503);
  expect(unknown.text).toContain('same Idempotency-Key');
  expect(Number(unknown.headers.get('retry-after'))).toBeGreaterThan(0);
  postgres.thaw();
  let repeated = await create('unknown', 'repeat');
  // The transaction that was cut off may still be about to end.
  while (repeated.status === 409) repeated = await create('unknown', 'repeat');
  expect(repeated.status).toBe(201);
  expect((await findNames()).filter((name) => name === 'unknown')).toHaveLength(1);
});
