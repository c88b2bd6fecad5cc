/**
 * The fields that stand on an answer because of who asked and what was counted, whatever the answer says.
 */
import { limitFields } from '../../../shared/limiter/headers.js';
import type { Product } from '../../../shared/products/product.js';
import type { AccessRule } from '../../routing/route.js';
import { transportFields } from '../../routing/transport.js';
import type { Identity } from '../identity.js';
import { accessRuleOf, type RequestContext } from '../request-context.js';

export function responseHeaders(context: RequestContext): Record<string, string> {
  const { pipeline, req, product, identity, decision, requestId } = context;
  const fields = { ...transportFields(pipeline.services.config, req), 'X-Request-Id': requestId };
  if (isAnswerToToken(identity) || isInvitation(identity, accessRuleOf(context)))
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
