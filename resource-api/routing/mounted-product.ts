/**
 * A product with its routes compiled: what the pipeline needs to find the route of a request.
 */
import { keyRotationRoutes } from './key-rotation.js';
import { createMatcher, type Match } from './matcher.js';
import type { ProductApi } from './product-api.js';
import type { Route } from './route.js';
import type { SocketRoute } from './socket-route.js';

/** What a request is for. */
export type Target = Match | { kind: 'socket'; socket: SocketRoute };

export interface MountedProduct {
  api: ProductApi;
  /** The target of a plain request. */
  match(method: string, path: string): Match;
  /** The target of a WebSocket handshake. */
  matchSocket(path: string): Target;
}

/** Compiles the routes of a product and those that the server adds (`more`); throws for a path that cannot be compiled. */
export function mountProduct(api: ProductApi, more: readonly Route[] = []): MountedProduct {
  const sockets = new Map(api.sockets?.map((socket) => [socket.path, socket]));
  return {
    api,
    match: createMatcher([...api.routes, ...keyRotationRoutes(api), ...more]),
    matchSocket(path) {
      const socket = sockets.get(path);
      return socket ? { kind: 'socket', socket } : { kind: 'nothing' };
    },
  };
}
