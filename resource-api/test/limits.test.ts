/**
 * Every limit of every product, walked over HTTP from the facts alone: so many calls pass, the next is refused in the
 * product's words, and the window ends when it says. The routes are probes, so that each limit stands by itself.
 */
import { changePlan } from '../../shared/identity/people/plans.js';
import { limitFieldNames } from '../../shared/limiter/headers.js';
import { windowSeconds } from '../../shared/limiter/limit.js';
import { getProduct, products } from '../../shared/products/index.js';
import type { LimitDefinition, Product } from '../../shared/products/product.js';
import { createTestServices } from '../../shared/testing/services.js';
import type { ProductApi } from '../routing/product-api.js';
import { anyone, apiKey, get, post, type Route } from '../routing/route.js';
import { type Answer, type CallOptions, makeKey, makePerson, startApi } from '../testing/serve.js';

const { services, clock } = await createTestServices({ trustedProxies: 1 });
const api = await startApi(services, products.map(probesOf));

/** An open route, a guarded one, and one for each limit that routes name. */
function probesOf(product: Product): ProductApi {
  const named = Object.entries(product.limits).filter(([, { applies }]) => applies === 'route');
  const routes: Route[] = [
    get('/probe/open', { by: anyone }, () => ({})),
    get('/probe/usage', { by: [apiKey()] }, ({ usage }) => ({ usage })),
    get('/probe/guarded', { by: [apiKey()] }, () => ({})),
    ...named.map(([name, { subject }]) =>
      subject === 'key' || subject === 'account'
        ? post(`/probe/${name}`, { by: [apiKey()], limits: [name] }, () => ({}))
        : post(`/probe/${name}`, { by: anyone, limits: [name] }, () => ({})),
    ),
  ];
  return { product, routes };
}

interface Row {
  title: string;
  product: Product;
  name: string;
  facts: LimitDefinition;
  plan: string;
  quota: number;
}

const rows: Row[] = products.flatMap((product) =>
  Object.entries(product.limits).flatMap(([name, definition]) => {
    const plans = definition.quota === 'plan' ? Object.keys(product.plans) : [product.defaultPlan];
    return plans.map((plan) => {
      const quota = definition.quota === 'plan' ? (product.plans[plan]?.requests ?? 0) : definition.quota;
      const per = definition.window.kind === 'fixed' ? `${definition.window.seconds} s` : 'clock hour';
      const title = `${product.id} ${name}: ${quota} per ${per} and ${definition.subject}, plan ${plan}`;
      return { title, product, name, facts: definition, plan, quota };
    });
  }),
);

let addresses = 0;

/** Someone new: an address that nobody called from, and a key where the limit is for those who have one. */
async function createCaller({ product, name, facts: definition, plan }: Row): Promise<() => Promise<Answer>> {
  addresses += 1;
  const address = `10.${addresses >> 8}.${addresses & 255}.1`;
  const headers: Record<string, string> = { 'X-Forwarded-For': address };
  if (definition.subject === 'key' || definition.subject === 'account') {
    const person = await makePerson(services);
    await changePlan(services, { accountId: person.id, product, plan }, { kind: 'system', id: 'test' });
    const { key } = await makeKey(services, product.id, person.id);
    if (product.keys.carriedIn.includes('x-api-key')) headers['x-api-key'] = key;
    else headers.Authorization = `Bearer ${key}`;
  }
  const options: CallOptions = { headers };
  if (definition.subject === 'emailAndAddress') options.body = { email: `caller${addresses}@example.com` };
  if (definition.applies === 'route') {
    return () => api.call(`/${product.id}/probe/${name}`, { method: 'POST', ...options });
  }
  const probe = definition.applies === 'stranger' || definition.applies === 'known' ? 'guarded' : 'open';
  return () => api.call(`/${product.id}/probe/${probe}`, options);
}

/** What the `RateLimit` field says of one limit. */
function remainingOf(response: Answer, name: string): number {
  const item = new RegExp(`"${name}";r=(\\d+)`).exec(response.headers.get('ratelimit') ?? '');
  return Number(item?.[1] ?? Number.NaN);
}

const waitOf = (response: Answer): number => Number(response.headers.get('retry-after'));

/** Calls as often as the quota allows, passing by narrower limits that refuse in between. */
async function useUp(call: () => Promise<Answer>, name: string, quota: number): Promise<Answer> {
  let last = await call();
  for (let passed = 1; passed < quota; ) {
    const batch = await Promise.all(Array.from({ length: Math.min(50, quota - passed) }, call));
    const refused = batch.filter(({ status }) => status === 429);
    passed += batch.length - refused.length;
    for (const response of refused) expect(remainingOf(response, name)).toBeGreaterThan(0);
    if (refused[0]) clock.advance(waitOf(refused[0]) * 1000);
    last = batch.reduce((least, response) =>
      remainingOf(response, name) < remainingOf(least, name) ? response : least,
    );
  }
  return last;
}

test.each(rows)('$title', async (row) => {
  const { product, name, facts: definition, quota } = row;
  // In the first minutes of an hour, or a window of the clock could end while it is being used up.
  clock.advance(3_600_000 - (clock.ms() % 3_600_000) + 1000);
  const call = await createCaller(row);
  const last = await useUp(call, name, quota);
  expect(last.status).not.toBe(429);
  expect(remainingOf(last, name)).toBe(0);

  const refused = await call();
  expect(refused.status).toBe(429);
  expect(remainingOf(refused, name)).toBe(0);
  const seconds = windowSeconds(definition.window);
  expect(refused.headers.get('ratelimit-policy')).toContain(`"${name}";q=${quota};w=${seconds}`);
  expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  expect(waitOf(refused)).toBeLessThanOrEqual(definition.window.kind === 'clockHour' ? 3600 : 3600 + seconds);

  const { headerLimit } = product;
  if (headerLimit?.known === name || headerLimit?.stranger === name) {
    const reset = Number(refused.headers.get('x-ratelimit-reset'));
    expect(refused.headers.get('x-ratelimit-limit')).toBe(String(quota));
    expect(refused.headers.get('x-ratelimit-remaining')).toBe('0');
    expect(Math.abs(reset - clock.seconds() - waitOf(refused))).toBeLessThanOrEqual(1);
    if (definition.window.kind === 'clockHour') expect(reset % 3600).toBe(0);
  }
  clock.advance(waitOf(refused) * 1000);
  expect((await call()).status).not.toBe(429);
});

test('a refused call asks nothing of Postgres', async () => {
  const row = rows.find(({ facts: definition }) => definition.applies === 'known');
  if (!row) throw new Error('no limit is for known callers');
  const call = await createCaller(row);
  await useUp(call, row.name, row.quota);
  let queries = 0;
  const count = () => {
    queries += 1;
  };
  services.db.on('query', count);
  const responses = await Promise.all(Array.from({ length: 300 }, call));
  services.db.removeListener('query', count);
  expect(responses.every(({ status }) => status === 429)).toBe(true);
  // The recorder of key usage writes what it noted every two seconds, whatever the number of calls.
  expect(queries).toBeLessThan(30);
});

test('a handler sees the figures that the headers show', async () => {
  const { key } = await makeKey(services, 'hitl', (await makePerson(services)).id);
  await api.call('/hitl/probe/guarded', { bearer: key });
  const { body, headers } = await api.call('/hitl/probe/usage', { bearer: key });
  expect(body).toMatchObject({ usage: { quota: 100, used: 2, remaining: 98 } });
  expect(headers.get('x-ratelimit-remaining')).toBe('98');
});

const haasTokenPrefix = getProduct('haas').oauth?.accessTokenPrefix ?? '';

test('scripts in a browser may read every field about limits', async () => {
  const response = await api.call('/haas/probe/guarded', { bearer: `${haasTokenPrefix}unknown` });
  expect(response.headers.get('access-control-allow-origin')).toBe('*');
  const exposed = response.headers.get('access-control-expose-headers')?.toLowerCase() ?? '';
  for (const name of limitFieldNames) expect(exposed).toContain(name.toLowerCase());
});

describe('a refusal in the words of', () => {
  async function refuse(id: string, name: string) {
    const row = rows.find(({ product, name: limit }) => product.id === id && limit === name);
    if (!row) throw new Error(`there is no limit ${name}`);
    const call = await createCaller(row);
    await useUp(call, name, row.quota);
    const response = await call();
    return { answer: response, body: response.body, wait: waitOf(response) };
  }

  test('HumanPing: the seconds stand in the body too', async () => {
    const { body, wait } = await refuse('humanping', 'taskCreation');
    expect(body).toEqual({ error: 'Rate limited', retry_after_seconds: wait });
  });

  test('HaaS: with a suggestion', async () => {
    const { body, wait } = await refuse('haas', 'requests');
    expect(body).toEqual({
      error: {
        code: 429,
        type: 'rate_limit_exceeded',
        message: 'Slow down. Even machines benefit from patience.',
        retry_after: wait,
        suggestion: 'Consider batching requests or upgrading your plan.',
      },
    });
  });

  test('AgentHuman', async () => {
    const { body } = await refuse('agenthuman', 'requests');
    expect(body).toMatchObject({ success: false, error: expect.any(String) });
  });

  test('HITL.sh: with the figures of the hour', async () => {
    const { body } = await refuse('hitl', 'requests');
    expect(body).toEqual({
      error: true,
      msg: 'API rate limit exceeded',
      data: { usage_count: 100, usage_limit: 100, remaining: 0 },
    });
  });

  test('OpenHuman', async () => {
    const { body } = await refuse('openhuman', 'requests');
    expect(body).toMatchObject({ error: { code: 'rate_limit', status: 429 } });
  });
});
