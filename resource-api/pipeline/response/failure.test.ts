/** When something is wrong on our side: bland for the client, complete in the log, and never a 401. */
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { mintKey } from '../../../shared/crypto/key-format.js';
import { serve } from '../../../shared/http/serve.js';
import { products } from '../../../shared/products/index.js';
import { closeServices, createServices } from '../../../shared/services.js';
import { createTestServices, whenFileEnds } from '../../../shared/testing/services.js';
import { createResourceApi } from '../../app.js';
import type { ProductApi } from '../../routing/product-api.js';
import { anyone, apiKey, get } from '../../routing/route.js';
import { callApi, makeKey, makePerson } from '../../testing/serve.js';

const { services } = await createTestServices({ rateLimitFactor: 1_000 });
const lines: string[] = [];
const logger = pino(
  { level: 'info' },
  new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  }),
);
const product = products.find(({ oauth, keys }) => oauth && keys.environments.test);
if (!product) throw new Error('no product');

const failing: ProductApi = {
  product,
  routes: [
    get('/broken', { by: anyone }, () => {
      throw new Error('the inside of it');
    }),
    get('/unspeakable', { by: anyone }, () => ({ figure: 10n })),
    get('/things/:id', { by: [apiKey()] }, () => ({})),
  ],
};

async function start(on = services): Promise<(path: string, bearer?: string) => ReturnType<typeof callApi>> {
  const app = createResourceApi({ ...on, logger }, [failing]);
  const server = await serve({ handler: app.handler, host: '127.0.0.1', port: 0 });
  whenFileEnds(async () => {
    await Promise.all([server.close(), app.close()]);
  });
  return (path, bearer) => callApi(`${server.url}/${product?.id}${path}`, { bearer });
}
const call = await start();

test('a fault of ours is a 500 that tells nothing but the request id, by which the log tells all', async () => {
  const response = await call('/broken');
  expect((await call('/unspeakable')).status).toBe(500);
  expect(response.status).toBe(500);
  expect(response.text).not.toContain('inside');
  const requestId = response.headers.get('x-request-id') ?? '';
  expect(response.text).toContain(requestId);
  expect(lines.filter((line) => line.includes('the inside of it') && line.includes(requestId))).toHaveLength(
    1,
  );
});

test('without the database a key that is not remembered gets 503 and Retry-After, never 401', async () => {
  const gone = createServices({ ...services.config, databaseUrl: 'postgres://nobody@127.0.0.1:1/nothing' });
  whenFileEnds(() => closeServices(gone));
  const response = await (await start(gone))('/things/1', mintKey(product.keys, 'live'));
  expect(response.status).toBe(503);
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
});

test('no log line contains a credential, a query or a path', async () => {
  const person = await makePerson(services);
  const { key } = await makeKey(services, product.id, person.id);
  await call(`/things/${key}?token=${key}`, key);
  await call(`/no/such/${key}?secret=zebra`, key);
  await call('/things/1', `${key}x`);
  const all = lines.join('');
  expect(all).toContain('/things/:id');
  expect(all).not.toContain(key.slice(-12));
  expect(all).not.toContain('zebra');
});
