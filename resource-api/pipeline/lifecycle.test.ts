/** The order of the steps, as a caller can see it, and that no route can leave one out. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { products } from '../../shared/products/index.js';
import { createTestServices } from '../../shared/testing/services.js';
import type { ProductApi } from '../routing/product-api.js';
import { accessToken, anyone, apiKey, get, post } from '../routing/route.js';
import { makeKey, makePerson, startApi } from '../testing/serve.js';
import { steps } from './lifecycle.js';

const { services } = await createTestServices();
const product = products.find(
  ({ limits, keys }) => limits.requests?.quota === 'plan' && !keys.environments.test,
);
if (!product) throw new Error('no product counts requests by plan');

let handled = 0;
const thing = z.strictObject({ name: z.string() });
const api: ProductApi = {
  product,
  routes: [
    get('/open', { by: anyone, unlimited: true }, () => ({})),
    post('/things', { by: [apiKey()], body: thing, limits: [] }, () => {
      handled += 1;
      return {};
    }),
  ],
};
const { call } = await startApi(services, [api]);
const person = await makePerson(services);
const { key } = await makeKey(services, product.id, person.id);
const at = (path: string) => `/${product.id}${path}`;
const remaining = (headers: Headers) => /r=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1];

test('a route without an access rule does not compile, nor one that takes credentials and no limits', () => {
  // @ts-expect-error: `by` is missing
  get('/unprotected', {}, () => ({}));
  // @ts-expect-error: only a route that is open to all may be without limits
  get('/uncounted', { by: [apiKey()], unlimited: true }, () => ({}));
  // @ts-expect-error: an access token has no key id
  get('/confused', { by: [accessToken()] }, ({ caller }) => caller.keyId);
  expect(Object.isFrozen(steps)).toBe(true);
});

test('the drawing of the lifecycle names the steps in their order', () => {
  const drawing = readFileSync('resource-api/pipeline/lifecycle.ts', 'utf8').split('*/')[0] ?? '';
  const drawn = [...drawing.matchAll(/├─ (\w+)/g)].map(([, name]) => name);
  expect(drawn).toEqual(steps.map(({ name }) => name));
});

test('a request is counted before it is refused, and refused before its body is read', async () => {
  const body = { surplus: true };
  const first = await call(at('/things'), { body });
  expect(first.status).toBe(401);
  const second = await call(at('/things'), { body, headers: { 'Content-Type': 'text/plain' } });
  expect(second.status).toBe(401);
  expect(Number(remaining(second.headers))).toBe(Number(remaining(first.headers)) - 1);
  const third = await call(at('/nowhere'), { body });
  expect(third.status).toBe(404);
  expect(Number(remaining(third.headers))).toBe(Number(remaining(second.headers)) - 1);
  expect((await call(at('/things'), { body, bearer: key })).status).toBe(400);
  expect(handled).toBe(0);
  expect((await call(at('/things'), { body: { name: 'one' }, bearer: key })).status).toBe(200);
  expect(handled).toBe(1);
});

test('a route that is open to all and not counted carries no limits', async () => {
  const { status, headers } = await call(at('/open'), { bearer: 'nonsense' });
  expect(status).toBe(200);
  expect(headers.get('ratelimit')).toBeNull();
  expect(headers.get('x-request-id')).toMatch(/^req_/);
});
