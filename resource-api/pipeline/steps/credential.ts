/** Reads the credential that a request presents, from where the product documents it. */
import { type Presented, readCredential as readFromHeaders } from '../../credentials/presented.js';
import { type RequestContext, routeOf } from '../request-context.js';

/** A route that is open to all does not look at credentials. */
export function readCredential(context: RequestContext): undefined {
  if (routeOf(context)?.options.by === 'anyone') return;
  const { product, req, upgrade } = context;
  const presented = readFromHeaders(product, req);
  context.presented = upgrade ? withQueryToken(context, presented) : presented;
}

/** Browsers cannot set a header on a WebSocket: where the product documents it, the query may carry the credential. */
function withQueryToken({ target, query }: RequestContext, presented: Presented): Presented {
  // Any page can open a socket here, and the browser would send the cookie along.
  if (presented.place === 'cookie') return { place: 'none' };
  const inQuery = target.kind === 'socket' && target.socket.options.queryToken;
  const token = inQuery ? new URLSearchParams(query).get('token') : null;
  if (token === null || token === '') return presented;
  return presented.place === 'none' ? { place: 'bearer', value: token } : { place: 'ambiguous' };
}
