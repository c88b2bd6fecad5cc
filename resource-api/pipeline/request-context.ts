/**
 * What the corridor has learnt of a request so far.
 */
import type { IncomingMessage } from 'node:http';
import type { LimitDecision } from '../../shared/limiter/limit.js';
import type { Product } from '../../shared/products/product.js';
import type { AccessRule } from '../routing/route.js';
import type { Identity, Sender } from './authenticate.js';

export interface RequestContext {
  product: Product;
  method: string;
  /** The path as the product documents it. */
  path: string;
  requestId: string;
  /** The caller's network address, as TRUST_PROXY tells it. */
  address: string;
  /** The public address under which the product was called. */
  baseUrl: string;
  /** The template of the route (`/v1/tasks/:id`); undefined when there is none. */
  template: string | undefined;
  /** Who may use that route. */
  by: AccessRule | undefined;
  /** undefined until somebody was looked for. */
  identity: Identity | undefined;
  /** undefined until limits were asked. */
  decision: LimitDecision | undefined;
}

/** Who sends it, as far as the request itself tells. */
export function senderOf(
  { headers }: IncomingMessage,
  { address, method, baseUrl, path }: RequestContext,
): Sender {
  const { dpop } = headers;
  return {
    address,
    proof: { value: dpop === undefined ? undefined : String(dpop), method, address: baseUrl + path },
  };
}
