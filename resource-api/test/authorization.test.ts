/**
 * Every route with an id, called for one party's things with every credential of another party, and of those in the
 * same party who do not own it. Made from the route tables: a new route is covered from the day it is listed.
 */
import { createTestServices } from '../../shared/testing/services.js';
import { productApis } from '../products/index.js';
import { keyRotationRoutes } from '../routing/key-rotation.js';
import { takesAnybody } from '../routing/route.js';
import { sampleBody } from '../testing/body-samples.js';
import { credentialFor, kindsIn, makeParties, type Party, pathFor } from '../testing/parties.js';
import { startApi } from '../testing/serve.js';

const { services } = await createTestServices({ rateLimitFactor: 100_000 });
const api = await startApi(services);

const tables = productApis
  .map((entry) => ({ entry, routes: [...entry.routes, ...keyRotationRoutes(entry)] }))
  .map(({ entry, routes }) => ({
    entry,
    routes: routes.filter(({ path, options }) => path.includes('/:') && !takesAnybody(options.by)),
  }))
  .filter(({ routes }) => routes.length > 0);

describe.each(tables.map((table) => [table.entry.product.id, table] as const))(
  '%s',
  (id, { entry, routes }) => {
    let parties: { ada: Party; bob: Party };
    let before: Map<string, string>;

    /** What the owners read, by path: statuses and texts without the parts that a read changes. */
    async function readAll(party: Party): Promise<Map<string, string>> {
      const seen = new Map<string, string>();
      for (const route of routes.filter(({ method }) => method === 'GET')) {
        const owner = credentialFor(route, party);
        if (!owner || kindsIn(route.path).includes('humans')) continue;
        const response = await api.call(pathFor(id, route, party), owner.options);
        seen.set(route.path, `${response.status} ${response.text}`);
      }
      return seen;
    }

    beforeAll(async () => {
      parties = await makeParties(services, api, entry);
      before = await readAll(parties.ada);
    }, 60_000);

    test('the owner reads everything that the other calls are made for', () => {
      for (const [path, text] of before) expect([path, text]).toEqual([path, expect.stringMatching(/^200 /)]);
    });

    test.each(routes.map((route) => [`${route.method} ${route.path}`, route] as const))(
      '%s refuses everybody else, and tells them nothing',
      async (_name, route) => {
        const { ada, bob } = parties;
        const kinds = kindsIn(route.path);
        const strangers = ada.credentials.filter(({ holder }) =>
          kinds.some((kind) => !ada.things[kind]?.owners.includes(holder)),
        );
        const callers = [...bob.credentials, ...strangers, { name: 'nobody', options: {} }];
        expect(callers.length).toBeGreaterThan(1);
        const { body } = route.options;
        for (const { name, options } of callers) {
          const response = await api.call(pathFor(id, route, ada), {
            ...options,
            method: route.method,
            body: body && route.method !== 'GET' ? sampleBody(body) : undefined,
          });
          expect([name, response.status, response.text]).toEqual([
            name,
            expect.any(Number),
            expect.not.stringContaining(ada.mark),
          ]);
          expect([name, [400, 401, 403, 404, 409].includes(response.status), response.status]).toEqual([
            name,
            true,
            response.status,
          ]);
        }
      },
    );

    test('nothing of the party was changed by all these calls', async () => {
      expect(await readAll(parties.ada)).toEqual(before);
    });
  },
);
