/**
 * A product with its routes compiled: what the pipeline needs to find the route of a request.
 */
import { keyRotationRoutes } from './key-rotation.js';
import { createMatcher, type Match } from './matcher.js';
import type { ProductApi, SocketRoute } from './route.js';

/** What a request is for. */
export type Target = Match | { kind: 'socket'; socket: SocketRoute };

export interface MountedProduct {
  api: ProductApi;
  /** The target of a plain request. */
  match(method: string, path: string): Match;
  /** The target of a WebSocket handshake. */
  matchSocket(path: string): Target;
}

/** Compiles the routes of a product; throws for a path that cannot be compiled. */
export function mountProduct(api: ProductApi): MountedProduct {
  const sockets = new Map(api.sockets?.map((socket) => [socket.path, socket]));
  return {
    api,
    match: createMatcher([...api.routes, ...keyRotationRoutes(api)]),
    matchSocket(path) {
      const socket = sockets.get(path);
      return socket ? { kind: 'socket', socket } : { kind: 'nothing' };
    },
  };
}
