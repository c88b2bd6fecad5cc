/**
 * The fields that stand on an answer because of who asked and what was counted, whatever the answer says.
 */
import { addLimitFields } from '../../../shared/limiter/headers.js';
import type { Product } from '../../../shared/products/product.js';
import type { Reply } from '../../routing/reply.js';
import type { AccessRule } from '../../routing/route.js';
import { exposedHeaders, transportFields } from '../../routing/transport.js';
import type { Identity } from '../identity.js';
import { accessRuleOf, type RequestContext } from '../request-context.js';

/** All header fields of a response: those of the request's context, replaced by those of the reply itself. */
export function responseHeaders(context: RequestContext, reply: Reply): Record<string, string> {
  const { pipeline, req, product, identity, decision, requestId } = context;
  const fields = transportFields(pipeline.services.config, req);
  fields['X-Request-Id'] = requestId;
  if (isAnswerToToken(identity) || isInvitation(identity, accessRuleOf(context))) {
    fields['Access-Control-Allow-Origin'] = '*';
    fields['Access-Control-Expose-Headers'] = exposedHeaders;
  }
  if (decision) addLimitFields(fields, decision, shownLimit(product, identity));
  for (const name of Object.keys(reply.headers)) replace(fields, name, reply.headers[name] ?? '');
  return fields;
}

/** Names of header fields are the same in any case (RFC 9110 section 5.1). */
function replace(fields: Record<string, string>, name: string, value: string): void {
  if (fields[name] === undefined) {
    const lowerCase = name.toLowerCase();
    const same = Object.keys(fields).find(
      (other) => other.length === name.length && other.toLowerCase() === lowerCase,
    );
    if (same !== undefined) delete fields[same];
  }
  fields[name] = value;
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
