/**
 * Every error of every route is sent in the envelope of its product. The routes come from the products' own lists, so a
 * new route is covered without a change here.
 */
import { issueSessionJwt } from '../../shared/identity/sign-in/session-jwts.js';
import { createTestServices } from '../../shared/testing/services.js';
import { productApis } from '../products/index.js';
import type { ProductApi } from '../routing/product-api.js';
import { type Route, takesAnybody } from '../routing/route.js';
import { type CallOptions, makeKey, makePerson, startApi } from '../testing/serve.js';

const { services } = await createTestServices({ rateLimitFactor: 1_000 });
const api = await startApi(services);
const person = await makePerson(services, { human: true });

const text = expect.any(String);

const envelopes: Record<string, (status: number) => unknown> = {
  humanping: () => ({ error: text }),
  haas: (status) => ({ error: { code: status, type: text, message: text, request_id: text } }),
  agenthuman: () => ({ success: false, error: text }),
  hitl: () => ({ error: true, msg: text }),
  openhuman: (status) => ({ error: { code: text, message: text, status } }),
  mcp: () => ({
    jsonrpc: '2.0',
    id: null,
    error: { code: expect.any(Number), message: text, data: { code: text, request_id: text } },
  }),
};

const missing: Record<string, unknown> = {
  humanping: { error: 'Missing or invalid API key' },
  haas: { error: { message: 'Invalid or missing API key.' } },
  agenthuman: { success: false, error: 'API key required' },
  hitl: { error: true, msg: 'Missing Authorization header' },
  openhuman: { error: { code: 'invalid_api_key', message: 'API key is invalid or expired', status: 401 } },
  mcp: { error: { data: { code: 'unauthorized' } } },
};

/** The rule by which a key or a session JWT is accepted; undefined where only an access token is. */
const keyOrJwtRule = ({ options }: Route) =>
  options.by === 'anyone' ? undefined : options.by.find(({ kind }) => kind !== 'accessToken');

/** The headers of a caller whom the route accepts. */
async function credentialsFor({ product }: ProductApi, route: Route): Promise<CallOptions> {
  const rule = keyOrJwtRule(route);
  if (rule?.kind === 'apiKey') {
    const { environment } = rule;
    const { key } = await makeKey(services, product.id, person.id, environment && { environment });
    return product.keys.carriedIn.includes('bearer') ? { bearer: key } : { headers: { 'x-api-key': key } };
  }
  if (rule?.kind !== 'jwt') return {};
  const session = { user: person, role: rule.role ?? 'user' };
  return { bearer: (await issueSessionJwt(services, product, session)).token };
}

const pathOf = (product: string, template: string): string =>
  `/${product}${template.replaceAll(/:\w+/g, 'x')}`;

describe.each(productApis.map((entry) => [entry.product.id, entry] as const))('%s', (id, entry) => {
  const envelope = (status: number) => envelopes[id]?.(status);

  test('an unknown path is 404', async () => {
    const root = entry.routes.some(({ path }) => path === '/') ? [] : [`/${id}`, `/${id}/`];
    for (const path of [...root, `/${id}/v1/no/such/thing`, `/${id}/v9%00`]) {
      const response = await api.call(path);
      expect([path, response.status, response.body]).toEqual([path, 404, envelope(404)]);
    }
  });

  const named = (routes: readonly Route[]) =>
    routes.map((route) => [`${route.method} ${route.path}`, route] as const);
  const methodsOf = ({ path }: Route) =>
    entry.routes.filter((other) => other.path === path).map(({ method }) => method);
  const otherMethodOf = (route: Route) =>
    ['PUT', 'PATCH', 'DELETE', 'POST'].find((method) => !methodsOf(route).some((taken) => taken === method));

  const guarded = entry.routes.filter(({ options }) => !takesAnybody(options.by));
  test.each(named(guarded))('%s without a credential is 401', async (_name, route) => {
    const response = await api.call(pathOf(id, route.path), { method: route.method });
    expect(response.status).toBe(401);
    expect(response.body).toEqual(envelope(401));
    expect(response.body).toMatchObject(missing[id] as object);
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer /);
    expect(response.headers.get('www-authenticate')).not.toContain('error=');
  });

  const withOtherMethod = entry.routes.filter((route) => otherMethodOf(route) !== undefined);
  test.each(named(withOtherMethod))(
    '%s with another method is 405 and names the allowed ones',
    async (_name, route) => {
      const taken = methodsOf(route);
      const method = otherMethodOf(route);
      const response = await api.call(pathOf(id, route.path), { method });
      // A path with a parameter in this place may answer the other method.
      if (response.status !== 405) {
        expect(entry.routes.some((other) => other !== route && other.method === method)).toBe(true);
        return;
      }
      expect(response.body).toEqual(envelope(405));
      expect(response.headers.get('allow')?.split(', ')).toEqual(expect.arrayContaining(taken));
    },
  );

  // fetch sends no body with a GET.
  const withBody = entry.routes.filter(
    (route) =>
      route.options.body &&
      route.method !== 'GET' &&
      (route.options.by === 'anyone' || keyOrJwtRule(route) !== undefined),
  );
  if (withBody.length === 0) return;
  test.each(named(withBody))(
    '%s with a body that is too large is 413, and with a body that is not JSON 400',
    async (_name, route) => {
      const credentials = await credentialsFor(entry, route);
      const limit = route.options.bodyLimitBytes ?? entry.product.bodyLimitBytes;
      const send = (body: string) =>
        api.call(pathOf(id, route.path), {
          ...credentials,
          method: route.method,
          body,
          headers: { ...credentials.headers, 'Content-Type': 'application/json' },
        });
      const tooLarge = await send(`{"x":"${'x'.repeat(limit)}"}`);
      expect([tooLarge.status, tooLarge.body]).toEqual([413, envelope(413)]);
      for (const body of ['{', '[]', '"text"', 'null', '{"\\u0000":1}']) {
        const response = await send(body);
        expect([body, response.status, response.body]).toEqual([body, 400, envelope(400)]);
      }
      for (const unstorable of ['\\u0000', '\\ud800']) {
        const response = await send(`{"x":{"y":[1,"${unstorable}"]}}`);
        expect([response.status, response.body]).toMatchObject([400, envelope(400) as object]);
        expect(response.text).toContain('x.y.1 must not contain NUL characters or halves of surrogate pairs');
      }
    },
  );
});
