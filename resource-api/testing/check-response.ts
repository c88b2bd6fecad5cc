/**
 * Holds every response that a test receives against the reference of its route: an undocumented status, an unnamed
 * member or a missing one fails the test that received it.
 */
import { errorCodes } from '../docs/operation.js';
import { mountProduct } from '../routing/mounted-product.js';
import type { ProductApi } from '../routing/product-api.js';
import type { Route } from '../routing/route.js';

interface Received {
  status: number;
  body: unknown;
}

/** Statuses that any path of a product may have: unknown paths and methods, oversized and malformed requests. */
const anywhere = new Set([204, 404, 405, 413, 415]);

/** Returns a function that checks one response; it throws with the first difference. */
export function createResponseCheck(apis: readonly ProductApi[]) {
  const mounted = new Map(apis.map((api) => [api.product.id, mountProduct(api)]));
  return (method: string, url: string, response: Received): void => {
    const [, id = '', ...rest] = new URL(url).pathname.split('/');
    const product = mounted.get(id);
    if (!product) return;
    const match = product.match(method === 'HEAD' ? 'GET' : method, `/${rest.join('/')}`);
    if (match.kind !== 'route' || !match.route.options.reference || method === 'HEAD') return;
    check(product.api, match.route, response);
  };
}

function check(api: ProductApi, route: Route, { status, body }: Received): void {
  const name = `${route.method} /${api.product.id}${route.path} → ${status}`;
  if (status >= 200 && status < 300) {
    const schema = route.options.reference?.responses[status];
    if (schema === undefined) throw new Error(`${name} is not documented`);
    const result = schema === null ? { success: body === '', error: 'a body' } : schema.safeParse(body);
    if (!result.success) throw new Error(`${name} differs from its schema: ${String(result.error)}`);
    return;
  }
  const documented = errorCodes(route).map((code) => api.product.words(code, {}).status);
  if (!anywhere.has(status) && !documented.includes(status)) throw new Error(`${name} is not documented`);
  const result = api.errorSchema?.safeParse(body);
  if (result && !result.success) throw new Error(`${name} differs from the error schema: ${result.error}`);
}
