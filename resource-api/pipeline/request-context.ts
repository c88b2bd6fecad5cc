/**
 * The context of one request to a product: what is known when it arrives, and what the steps of the pipeline
 * (lifecycle.ts) find out about it.
 */
import type { IncomingMessage } from 'node:http';
import { ipAddressOf } from '../../shared/http/ip-address.js';
import type { LimitDecision } from '../../shared/limiter/limit.js';
import type { Product } from '../../shared/products/product.js';
import type { RequestBody } from '../body/request-body.js';
import type { Presented } from '../credentials/presented.js';
import type { Caller } from '../routing/caller.js';
import type { MountedProduct, Target } from '../routing/mounted-product.js';
import type { AccessRule, Route } from '../routing/route.js';
import type { SocketUpgrade } from '../routing/socket-route.js';
import type { Identity } from './identity.js';
import type { Pipeline } from './pipeline.js';

/** A body that was read before the caller was known. A failure waits until the caller is authorized. */
export type EarlyBody = { value: RequestBody; failure?: undefined } | { value?: undefined; failure: unknown };

export interface RequestContext {
  readonly pipeline: Pipeline;
  readonly mounted: MountedProduct;
  readonly product: Product;
  readonly req: IncomingMessage;
  /** The connection to be upgraded; only for the handshake of a WebSocket. */
  readonly upgrade: SocketUpgrade | undefined;
  readonly method: string;
  /** The path as the product documents it. */
  readonly path: string;
  /** The query string, without its question mark. */
  readonly query: string;
  readonly requestId: string;
  /** The caller's IP address, as TRUST_PROXY tells it. */
  readonly ipAddress: string;
  /** The public URL under which the product was called, without a trailing slash. */
  readonly baseUrl: string;
  /** Set by `matchRoute`. */
  target: Target;
  /** Set by `readCredential`. */
  presented: Presented;
  /** Set by `lookUpCredential`; `takeLimits` replaces it when the record was out of date. */
  identity: Identity | undefined;
  /** Set by `lookUpCredential` when it refuses the IP address because of the unknown values that it tried. */
  lookupsRefused: LimitDecision | undefined;
  /** Set by `readCountedBody`, for the few routes that have a limit by a member of the body. */
  earlyBody: EarlyBody | undefined;
  /** Set by `takeLimits`. */
  decision: LimitDecision | undefined;
  /** Set by `authorizeCaller`; undefined where the route is open to all. */
  caller: Caller | undefined;
  /** Set by `validateInput`: the parsed body and query, and the text of the body. */
  input: { body: unknown; query: unknown; text: string };
}

export interface Arrival {
  pipeline: Pipeline;
  mounted: MountedProduct;
  req: IncomingMessage;
  upgrade?: SocketUpgrade;
  method: string;
  path: string;
  query: string;
  requestId: string;
  baseUrl: string;
}

/** The context of a request that has just arrived. */
export function createContext(arrival: Arrival): RequestContext {
  const { pipeline, mounted, req, upgrade, method, path, query, requestId, baseUrl } = arrival;
  return {
    pipeline,
    mounted,
    product: mounted.api.product,
    req,
    upgrade,
    method,
    path,
    query,
    requestId,
    ipAddress: ipAddressOf(req, pipeline.services.config.trustedProxies, pipeline.services.logger),
    baseUrl,
    target: noTarget,
    presented: nothingPresented,
    identity: undefined,
    lookupsRefused: undefined,
    earlyBody: undefined,
    decision: undefined,
    caller: undefined,
    input: noInput,
  };
}

const noTarget: Target = { kind: 'nothing' };
const nothingPresented: Presented = { place: 'none' };
const noInput = { body: undefined, query: undefined, text: '' };

/** The route of a plain request; undefined for a path without one and for a WebSocket. */
export function routeOf({ target }: Pick<RequestContext, 'target'>): Route | undefined {
  return target.kind === 'route' ? target.route : undefined;
}

/** The template of the path (`/v1/tasks/:id`); undefined for a path without a route. */
export function templateOf({ target }: Pick<RequestContext, 'target'>): string | undefined {
  if (target.kind === 'route') return target.route.path;
  return target.kind === 'socket' ? target.socket.path : undefined;
}

/** Who may call the route; undefined for a path without one. */
export function accessRuleOf({ target }: Pick<RequestContext, 'target'>): AccessRule | undefined {
  if (target.kind === 'route') return target.route.options.by;
  return target.kind === 'socket' ? target.socket.options.by : undefined;
}
