/**
 * How a product states its routes. A route says who may call it (`by`), and without that it does not compile. The
 * pipeline (pipeline/lifecycle.ts) enforces what is stated here before a handler runs, so that a handler neither
 * checks a credential nor counts a call.
 */
import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import type { KeyEnvironment } from '../../shared/crypto/key-format.js';
import type { ErrorCode } from '../../shared/errors.js';
import type { Usage } from '../../shared/limiter/limit.js';
import type { Product } from '../../shared/products/product.js';
import type { Services } from '../../shared/services.js';
import type { AccessTokenCaller, ApiKeyCaller, Caller, JwtCaller } from './caller.js';

export interface KeyAccess {
  kind: 'apiKey';
  /** The only environment whose keys are taken; undefined for both. */
  environment: KeyEnvironment | undefined;
}

export interface TokenAccess {
  kind: 'accessToken';
  /** The scope that the token needs; undefined when any token will do. */
  scope: string | undefined;
}

export interface JwtAccess {
  kind: 'jwt';
  /** The role that the person signed in with; undefined for any. */
  role: JwtCaller['role'] | undefined;
}

export interface NoAccess {
  kind: 'nobody';
}

export type Access = KeyAccess | TokenAccess | JwtAccess | NoAccess;

/** No credential is asked for, and one that is sent is not looked at. */
export const anyone = 'anyone';

/** An API key of this product. What a key may do is narrowed by the route's `permission`. */
export const apiKey = (environment?: KeyEnvironment): KeyAccess => ({ kind: 'apiKey', environment });

/** An OAuth access token for this product, with a scope. */
export const accessToken = (scope?: string): TokenAccess => ({ kind: 'accessToken', scope });

/** The JWT of a person who signed in at this product. */
export const jwt = (role?: JwtCaller['role']): JwtAccess => ({ kind: 'jwt', role });

/**
 * Beside others: a caller without a credential that the route takes comes through, as undefined. For routes that
 * everybody may call and that do more for those whom they know.
 */
export const nobody = (): NoAccess => ({ kind: 'nobody' });

export type AccessRule = typeof anyone | readonly Access[];

/** Whether a route answers callers whom it does not know. */
export const takesAnybody = (by: AccessRule): boolean =>
  by === 'anyone' || by.some(({ kind }) => kind === 'nobody');

/** What the API reference says about a route; the route's schemas, access rule and limits are added to it. */
export interface RouteReference {
  /** One sentence in the imperative: "List agents." */
  summary: string;
  description?: string;
  /** The body of each successful response by status; null for an empty body. */
  responses: Readonly<Record<number, z.ZodType | null>>;
  /** Errors of this route besides those that follow from its options. */
  errors?: readonly ErrorCode[];
}

export interface RouteOptions<
  By extends AccessRule = AccessRule,
  Body extends z.ZodType | undefined = z.ZodType | undefined,
  Query extends z.ZodType | undefined = z.ZodType | undefined,
> {
  by: By;
  /** What the API reference says; undefined for pages, which are not listed as operations. */
  reference?: RouteReference;
  /** What an API key that is narrowed must be allowed (product.permissions). */
  permission?: string;
  /** Limits of the product that apply to this route besides those for every call. */
  limits?: readonly string[];
  body?: Body;
  query?: Query;
  /** The route is a page: its form is read as the body. */
  form?: boolean;
  /** Instead of the product's own. */
  bodyLimitBytes?: number;
  /** A creating POST: honours `Idempotency-Key`. The handler then runs inside one transaction. */
  idempotent?: boolean;
  /** Counted by no limit, and without limit headers (a health check). Only for routes that are open to all. */
  unlimited?: By extends typeof anyone ? boolean : never;
}

type CallerBy<A> = A extends KeyAccess
  ? ApiKeyCaller
  : A extends TokenAccess
    ? AccessTokenCaller
    : A extends JwtAccess
      ? JwtCaller
      : A extends NoAccess
        ? undefined
        : never;

export type CallerOf<By extends AccessRule> = By extends readonly (infer A)[] ? CallerBy<A> : undefined;

type Parsed<S extends z.ZodType | undefined> = S extends z.ZodType ? z.output<S> : undefined;

/** The names in a path such as `/v1/humans/:id/status`. */
export type ParamsOf<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? { [K in Name]: string } & ParamsOf<Rest>
  : Path extends `${string}:${infer Name}`
    ? { [K in Name]: string }
    : unknown;

/** What a handler gets. */
export interface Call<
  C extends Caller | undefined = Caller | undefined,
  P = unknown,
  B = unknown,
  Q = unknown,
> {
  /** Inside one transaction when the route is idempotent and the caller sent an `Idempotency-Key`. */
  services: Services;
  product: Product;
  caller: C;
  params: P;
  body: B;
  query: Q;
  requestId: string;
  /** The caller's network address, as TRUST_PROXY tells it. */
  address: string;
  /** For audit: what the caller says it is; at most 256 characters. */
  userAgent: string | undefined;
  /** The public address under which this product was called, without a trailing slash. */
  baseUrl: string;
  /** How the limit stands that the product shows in its headers, this call included. */
  usage: Usage | undefined;
  /** The HTTP request, its body read: for a protocol with header fields of its own. */
  incoming: IncomingMessage;
  /** Aborts when the server stops: a handler that waits ends its waiting then. */
  closing: AbortSignal;
}

export interface Route {
  method: string;
  path: string;
  options: RouteOptions;
  handle(call: Call): unknown;
}

type Define = <
  const Path extends string,
  const By extends AccessRule,
  Body extends z.ZodType | undefined = undefined,
  Query extends z.ZodType | undefined = undefined,
>(
  path: Path,
  options: RouteOptions<By, Body, Query>,
  handler: (call: Call<CallerOf<By>, ParamsOf<Path>, Parsed<Body>, Parsed<Query>>) => unknown,
) => Route;

// The handler's own view of its call is narrower than `Call`; the pipeline has checked what makes it so.
const define =
  (method: string): Define =>
  (path, options, handler) => ({ method, path, options, handle: handler as Route['handle'] });

export const get = define('GET');
export const post = define('POST');
export const put = define('PUT');
export const patch = define('PATCH');
/** DELETE; the word itself is taken. */
export const remove = define('DELETE');
