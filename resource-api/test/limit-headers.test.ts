/** `X-RateLimit-*` where a product documents it, on every answer: for strangers by their address. */
import { createTestServices } from '../../shared/testing/services.js';
import { productApis } from '../products/index.js';
import { takesAnybody } from '../routing/route.js';
import { makeKey, makePerson, startApi } from '../testing/serve.js';

const { services } = await createTestServices();
const api = await startApi(services);
const person = await makePerson(services);

describe.each(productApis.map((entry) => [entry.product.id, entry] as const))(
  '%s',
  (id, { product, routes }) => {
    const figures = async (path: string, options = {}) => {
      const { status, headers } = await api.call(`/${id}${path}`, options);
      return [status, headers.get('x-ratelimit-limit'), Number(headers.get('x-ratelimit-remaining'))];
    };

    test('they stand on 401, 404 and 405, or nowhere', async () => {
      const guarded = routes.find(({ options, path }) => !takesAnybody(options.by) && !path.includes(':'));
      const stranger = product.headerLimit
        ? String(product.limits[product.headerLimit.stranger]?.quota)
        : null;
      expect((await figures('/v1/no/such/path')).slice(0, 2)).toEqual([404, stranger]);
      if (guarded) {
        expect((await figures(guarded.path, { method: guarded.method })).slice(0, 2)).toEqual([
          401,
          stranger,
        ]);
      }
      expect((await figures('/key/rotate', { method: 'PUT' })).slice(0, 2)).toEqual([405, stranger]);
      const { headers } = await api.call(`/${id}/v1/no/such/path`);
      expect(headers.get('ratelimit')).toMatch(/^"\w+";r=\d+;t=\d+/);
    });

    test('a known caller is told of its own limit, also on a 404', async () => {
      const { key } = await makeKey(services, id, person.id);
      const credentials = product.keys.carriedIn.includes('bearer')
        ? { bearer: key }
        : { headers: { 'x-api-key': key } };
      const [status, limit, remaining] = await figures('/v1/no/such/path', credentials);
      if (!product.headerLimit) {
        expect([status, limit]).toEqual([404, null]);
        return;
      }
      const quota = product.plans[product.defaultPlan]?.requests ?? 0;
      expect([status, limit, remaining]).toEqual([404, String(quota), quota - 1]);
    });
  },
);
