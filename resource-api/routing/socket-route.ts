/** WebSocket routes: who may open one, and what its handler receives. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Product } from '../../shared/products/product.js';
import type { Services } from '../../shared/services.js';
import type { Caller } from './caller.js';
import type { Access, CallerOf } from './route.js';

export interface SocketOptions<By extends readonly Access[] = readonly Access[]> {
  by: By;
  permission?: string;
  /** Whether the credential may stand in the query as `?token=`, for browsers. */
  queryToken?: boolean;
}

/** What the handler of a WebSocket gets, once its caller was let in. */
export interface SocketCall<C extends Caller = Caller> {
  services: Services;
  product: Product;
  caller: C;
  requestId: string;
  address: string;
  baseUrl: string;
  /** Aborts when the credential is good no longer: close the socket then. Expiry is for the handler to watch. */
  ended: AbortSignal;
  /** Aborts when the server stops. */
  closing: AbortSignal;
  /** Tells of each subject that changes, and with undefined of moments after which anything may have changed. */
  watchChanges(watcher: (subject: string | undefined) => void): () => void;
}

/** The raw connection, to be upgraded by whoever speaks the protocol on it. */
export interface SocketUpgrade {
  req: IncomingMessage;
  socket: Duplex;
  head: Buffer;
}

export interface SocketRoute {
  path: string;
  options: SocketOptions;
  accept(call: SocketCall, upgrade: SocketUpgrade): void;
}

/** A WebSocket at a literal path. Callers over `product.connections` are refused before `accept` is called. */
export function socket<const By extends readonly Access[]>(
  path: string,
  options: SocketOptions<By>,
  accept: (call: SocketCall<NonNullable<CallerOf<By>>>, upgrade: SocketUpgrade) => void,
): SocketRoute {
  return { path, options, accept: accept as SocketRoute['accept'] };
}
