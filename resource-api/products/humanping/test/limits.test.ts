/** The limits of the document on the product's own routes; what a limit is made of is proven for all products elsewhere. */
import { createTestServices } from '../../../../shared/testing/services.js';
import { startApi } from '../../../testing/serve.js';

const { services, clock } = await createTestServices({ trustedProxies: 1 });
const api = await startApi(services);
const base = '/humanping/api/v1';

let addresses = 0;

/** Headers of somebody at an address of their own. */
function newCaller(): Record<string, string> {
  addresses += 1;
  return { 'X-Forwarded-For': `10.9.${addresses}.1` };
}

async function register(headers: Record<string, string>, email: string) {
  return api.call(`${base}/agents/register`, { headers, body: { name: 'Bot', email } });
}

/** The statuses of calls one after another. */
async function repeat(
  times: number,
  call: (index: number) => Promise<{ status: number }>,
): Promise<number[]> {
  const statuses = [];
  for (let index = 0; index < times; index += 1) statuses.push((await call(index)).status);
  return statuses;
}

async function expectRefusal(call: () => Promise<{ status: number; body: unknown; headers: Headers }>) {
  const response = await call();
  const seconds = Number(response.headers.get('retry-after'));
  expect([response.status, response.body]).toEqual([
    429,
    { error: 'Rate limited', retry_after_seconds: seconds },
  ]);
  expect(seconds).toBeGreaterThan(0);
  clock.advance(seconds * 1000);
  expect((await call()).status).not.toBe(429);
}

test('Registration: 20 requests in 1 hour, agents and workers each', async () => {
  const headers = newCaller();
  const statuses = await repeat(20, (index) => register(headers, `limit${index}@example.com`));
  expect(statuses).toEqual(Array(20).fill(201));
  const body = { name: 'Alex', email: 'limited@example.com', password: 'securepass' };
  expect((await api.call(`${base}/worker/register`, { headers, body })).status).toBe(201);
  await expectRefusal(() => register(headers, 'limit20@example.com'));
});

test('Task creation: 30 requests in 1 minute per API key; a 402 counts', async () => {
  const { agent } = (await register(newCaller(), 'maker@example.com')).body as {
    agent: { api_key: string };
  };
  const create = () =>
    api.call(`${base}/tasks`, {
      headers: newCaller(),
      bearer: agent.api_key,
      body: { description: 'd', budget_cents: 100 },
    });
  const statuses = await repeat(30, create);
  expect(statuses).toEqual([201, 201, 201, ...Array(27).fill(402)]);
  await expectRefusal(create);
});

test('Login: 10 requests in 15 minutes, from one address and for one email', async () => {
  const login = (headers: Record<string, string>, email: string) =>
    api.call(`${base}/worker/login`, { headers, body: { email, password: 'a wrong password' } });
  const headers = newCaller();
  expect(await repeat(10, (index) => login(headers, `who${index}@example.com`))).toEqual(Array(10).fill(401));
  await expectRefusal(() => login(headers, 'who10@example.com'));
  expect(await repeat(10, () => login(newCaller(), 'one@example.com'))).toEqual(Array(10).fill(401));
  await expectRefusal(() => login(newCaller(), 'ONE@example.com'));
});

test('Global (all routes): 100 requests in 1 minute, whatever they ask', async () => {
  const headers = newCaller();
  const statuses = await repeat(100, (index) =>
    api.call(`${base}/${index % 2 ? 'tasks' : 'no/such/path'}`, { headers }),
  );
  expect(new Set(statuses)).toEqual(new Set([401, 404]));
  await expectRefusal(() => api.call(`${base}/tasks`, { headers }));
});
