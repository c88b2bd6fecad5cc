/**
 * The fields that stand on an answer because of who asked and what was counted, whatever the answer says.
 */
import type { IncomingMessage } from 'node:http';
import type { Config } from '../../shared/config.js';
import { limitFields } from '../../shared/limiter/headers.js';
import type { Product } from '../../shared/products/product.js';
import type { AccessRule } from '../routing/route.js';
import { transportFields } from '../routing/transport.js';
import type { Identity } from './authenticate.js';
import type { RequestContext } from './request-context.js';

export function responseHeaders(
  config: Config,
  req: IncomingMessage,
  context: RequestContext,
): Record<string, string> {
  const { product, identity, decision, requestId, by } = context;
  const fields = { ...transportFields(config, req), 'X-Request-Id': requestId };
  if (isAnswerToToken(identity) || isInvitation(identity, by))
    Object.assign(fields, { 'Access-Control-Allow-Origin': '*' });
  return decision ? Object.assign(fields, limitFields(decision, shownLimit(product, identity))) : fields;
}

/** The limit whose figures a product shows to this caller. */
export function shownLimit(product: Product, identity: Identity | undefined): string | undefined {
  return identity?.caller ? product.headerLimit?.known : product.headerLimit?.stranger;
}

/** A token that is not good is still no API key: the page that holds it must be able to read why. */
const isAnswerToToken = (identity: Identity | undefined): boolean =>
  identity?.caller?.kind === 'accessToken' || identity?.problem === 'token_invalid';

/** Who brought nothing to a route that takes tokens: an app in a page has to read there how to get one. */
const isInvitation = (identity: Identity | undefined, by: AccessRule | undefined): boolean =>
  identity?.presented === false && by !== 'anyone' && by?.some(({ kind }) => kind === 'accessToken') === true;
