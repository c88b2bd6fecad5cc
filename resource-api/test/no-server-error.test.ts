/**
 * Whatever a client sends, the fault is the client's: every route with bodies, queries and ids made from its schemas
 * and with values that layers below could fail on. Made from the route tables: a new route is covered from the day it
 * is listed.
 */
import { hostileEncodings, hostileTexts } from '../../shared/testing/hostile-texts.js';
import { createTestServices } from '../../shared/testing/services.js';
import { productApis } from '../products/index.js';
import { keyRotationRoutes } from '../routing/key-rotation.js';
import type { Route } from '../routing/route.js';
import { hostileValues, memberNames, sampleBody } from '../testing/body-samples.js';
import { credentialFor, makeParty, type Party, pathFor } from '../testing/parties.js';
import { type CallOptions, startApi } from '../testing/serve.js';

const { services } = await createTestServices({ rateLimitFactor: 100_000 });
const api = await startApi(services);

interface Attempt {
  what: string;
  path: string;
  options: CallOptions;
}

/** The bodies of a route: none of its members, each left out, each hostile. */
function* bodiesOf({ options: { body: schema } }: Route): Generator<unknown> {
  if (!schema) return;
  const body = sampleBody(schema);
  yield {};
  yield body;
  for (const member of Object.keys(body)) {
    const { [member]: _, ...rest } = body;
    yield rest;
    for (const value of hostileValues) yield { ...body, [member]: value };
  }
}

function* attemptsAt(id: string, route: Route, party: Party): Generator<Attempt> {
  const { method, options } = route;
  const credential = credentialFor(route, party)?.options ?? {};
  const own =
    route.path.includes(':') && options.by !== 'anyone' ? pathFor(id, route, party) : `/${id}${route.path}`;
  const body = options.body && method !== 'GET' ? sampleBody(options.body) : undefined;
  for (const name of route.path.match(/:\w+/g) ?? []) {
    for (const value of hostileTexts) {
      const path = `/${id}${route.path}`.replace(name, encodeURIComponent(value)).replaceAll(/:\w+/g, 'x');
      yield { what: `${name} = ${value.slice(0, 40)}`, path, options: { ...credential, method, body } };
    }
    for (const raw of ['%00', '%ff', '%']) {
      const path = `/${id}${route.path}`.replaceAll(/:\w+/g, raw);
      yield { what: `${name} = ${raw}`, path, options: { ...credential, method, body } };
    }
  }
  for (const name of options.query ? memberNames(options.query) : []) {
    for (const value of hostileTexts) {
      const path = `${own}?${name}=${encodeURIComponent(value)}`;
      yield { what: `?${name}=${value.slice(0, 40)}`, path, options: { ...credential, method, body } };
    }
    for (const query of hostileEncodings(name)) {
      yield { what: `?${query}`, path: `${own}?${query}`, options: { ...credential, method, body } };
    }
  }
  if (method === 'GET') {
    yield { what: 'as it is', path: own, options: credential };
    return;
  }
  for (const sent of options.body ? bodiesOf(route) : [undefined]) {
    const what = JSON.stringify(sent)?.slice(0, 300) ?? 'no body';
    yield { what, path: own, options: { ...credential, method, body: sent } };
  }
}

/** What a caller must not do to itself while others still call with it. */
const ending = /signout|rotate|recover/;

/** A 503 that a product documents for a request that is right: HaaS has nobody who could take the task. */
const documented = /"type":"human_unavailable"/;

const lanes = 6;

describe.each(productApis.map((entry) => [entry.product.id, entry] as const))('%s', (id, entry) => {
  const routes = [...entry.routes, ...keyRotationRoutes(entry)];
  let party: Party;

  beforeAll(async () => {
    party = await makeParty(services, api, entry.product, 'sweep');
  }, 60_000);

  test.each(
    routes
      .toSorted((a, b) => Number(ending.test(a.path)) - Number(ending.test(b.path)))
      .map((route) => [`${route.method} ${route.path}`, route] as const),
  )(
    '%s answers no hostile input with a 5xx',
    async (_name, route) => {
      const attempts = [...attemptsAt(id, route, party)];
      const failed: unknown[] = [];
      const lane = async () => {
        for (let attempt = attempts.pop(); attempt; attempt = attempts.pop()) {
          const { status, text } = await api.call(attempt.path, attempt.options);
          if (status >= 500 && !documented.test(text)) failed.push([attempt.what, status, text]);
        }
      };
      expect(attempts.length).toBeGreaterThan(0);
      await Promise.all(Array.from({ length: lanes }, lane));
      expect(failed).toEqual([]);
    },
    120_000,
  );
});
