/** A limit that no route names protects nothing, and a route that names one which is not there would count nothing. */
import { productApis } from '../products/index.js';

test.each(productApis.map((api) => [api.product.id, api] as const))(
  '%s: the limits of its routes and the limits of its facts are the same',
  (_id, { product, routes }) => {
    const named = new Set(routes.flatMap((route) => route.options.limits ?? []));
    const known = Object.entries(product.limits)
      .filter(([, limit]) => limit.applies === 'route')
      .map(([name]) => name);
    expect([...named].sort()).toEqual(known.sort());
  },
);
