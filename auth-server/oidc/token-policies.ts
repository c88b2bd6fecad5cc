/**
 * Who may ask about a token, and who may end it. oidc-provider would let any confidential client read any token.
 */
import { errors } from 'oidc-provider';
import type { Services } from '../../shared/services.js';
import { findClient } from '../clients/client-registry.js';
import { read } from '../http/request-transaction.js';
import { productOfResource } from './resources.js';

interface TokenLike {
  clientId?: string;
  aud?: string | string[];
}

/** A client's own tokens, and tokens for the product whose resource server the client is (RFC 7662 section 4). */
export async function allowIntrospection(
  services: Services,
  client: { clientId: string; clientAuthMethod?: string },
  token: TokenLike,
): Promise<boolean> {
  if (token.clientId === client.clientId) return true;
  if (client.clientAuthMethod === 'none') return false;
  const registered = await read(services, (db) => findClient(db, client.clientId));
  if (!registered?.firstParty || registered.product === null) return false;
  const [audience] = [token.aud].flat();
  return productOfResource(services.config, audience)?.id === registered.product;
}

/** Only the client that a token was issued to may revoke it (RFC 7009 section 2.1). */
export function allowRevocation(client: { clientId: string }, token: TokenLike): boolean {
  if (token.clientId === client.clientId) return true;
  throw new errors.InvalidRequest('the token was not issued to this client');
}
