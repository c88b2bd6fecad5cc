/** Limits hold for all processes together, and a plan that changes in one is known to the others. */
import { changePlan } from '../../shared/identity/people/plans.js';
import { getProduct } from '../../shared/products/index.js';
import { eventually } from '../../shared/testing/fragile-redis.js';
import { startApiProcess } from '../../shared/testing/processes.js';
import { createTestServices } from '../../shared/testing/services.js';
import { type Answer, callApi, makeKey, makePerson } from '../testing/serve.js';

// The prefix of a real process, because two of them are started here.
const { services } = await createTestServices({ redisPrefix: 'latchkey:' });
const processes = await Promise.all([startApiProcess(services.config), startApiProcess(services.config)]);

/** A path that no product knows is counted like any other: 404 is passed, 429 is refused. */
function call(index: number, product: string, key: string): Promise<Answer> {
  const url = processes[index % processes.length]?.url;
  return callApi(`${url}/${product}/v1/nowhere`, { bearer: key });
}

test('of 130 parallel calls over two processes exactly 100 pass', async () => {
  const { key } = await makeKey(services, 'hitl', (await makePerson(services)).id);
  const responses = await Promise.all(Array.from({ length: 130 }, (_, index) => call(index, 'hitl', key)));
  const statuses = responses.map(({ status }) => status);
  expect(statuses.filter((status) => status === 404)).toHaveLength(100);
  expect(statuses.filter((status) => status === 429)).toHaveLength(30);
});

test('a plan that is changed counts at once in every process, up and down', async () => {
  const { id } = await makePerson(services);
  const { key } = await makeKey(services, 'haas', id);
  const put = (plan: string) =>
    changePlan(
      services,
      { accountId: id, product: getProduct('haas'), plan },
      { kind: 'system', id: 'test' },
    );
  await Promise.all(Array.from({ length: 60 }, (_, index) => call(index, 'haas', key)));
  expect((await call(0, 'haas', key)).status).toBe(429);
  expect((await call(1, 'haas', key)).status).toBe(429);

  await put('pro');
  let passed = [false, false];
  await eventually(async () => {
    const responses = await Promise.all([call(0, 'haas', key), call(1, 'haas', key)]);
    passed = responses.map((response) => response.headers.get('x-ratelimit-limit') === '300');
    return passed.every(Boolean);
  }, 1000);

  await put('free');
  for (const index of [0, 1]) {
    expect((await call(index, 'haas', key)).headers.get('x-ratelimit-limit')).toBe('60');
  }
});
