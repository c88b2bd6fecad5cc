/**
 * Finds the route of a path with koa-router's own matcher, without its chain of middleware, because the pipeline must
 * run for paths that match nothing as well. The first route that fits wins, so a literal path stands before one with
 * a parameter in the same position.
 */
import Router from '@koa/router';
import type { Route } from './route.js';

export type Match =
  | { kind: 'route'; route: Route; params: Record<string, string> }
  | { kind: 'otherMethods'; allow: string[]; routes: Route[] }
  | { kind: 'nothing' };

export type Matcher = (method: string, path: string) => Match;

/** Compiles a product's routes; throws for a path that cannot be compiled. */
export function createMatcher(routes: readonly Route[]): Matcher {
  const router = new Router();
  const byLayer = new Map<unknown, Route>();
  for (const route of routes) {
    byLayer.set(
      router.register(route.path, [route.method], () => undefined),
      route,
    );
  }
  const found = (layers: readonly unknown[]): Route[] =>
    layers.map((layer) => byLayer.get(layer)).filter((route) => route !== undefined);

  const match = (method: string, path: string): Match => {
    const { path: layers, pathAndMethod } = router.match(path, method);
    const [layer] = pathAndMethod;
    const route = layer && byLayer.get(layer);
    if (layer && route) {
      const params = layer.params(path, layer.captures(path));
      return Object.values(params).some(isUnstorable)
        ? { kind: 'nothing' }
        : { kind: 'route', route, params };
    }
    if (layers.length === 0) return { kind: 'nothing' };
    const routesHere = found(layers);
    return { kind: 'otherMethods', allow: methodsOf(routesHere), routes: routesHere };
  };
  // What a path without parameters matches is found once.
  const literal = new Map<string, Match>();
  for (const { method, path } of routes) {
    if (!/[:*{(]/.test(path)) literal.set(`${method} ${path}`, match(method, path));
  }
  return (method, path) => literal.get(`${method} ${path}`) ?? match(method, path);
}

/** The methods of routes for an `Allow` field. */
function methodsOf(routes: readonly Route[]): string[] {
  const methods = new Set(routes.map(({ method }) => method));
  if (methods.has('GET')) methods.add('HEAD');
  return [...methods, 'OPTIONS'];
}

/** Control characters name nothing that exists, and Postgres refuses a NUL. */
const isUnstorable = (value: string): boolean => /\p{Cc}/u.test(value);
