/** How much we know of an app, for the pages on which a person decides about it. */
import { isDocumentId } from '../../shared/identity/oauth/client-documents.js';
import type { OAuthClient } from '../../shared/identity/oauth/oauth-clients.js';
import { findUserById } from '../../shared/identity/people/users.js';
import type { Services } from '../../shared/services.js';
import type { TrustLevel } from '../pages/parts/app-identity.js';

export async function findTrustLevel(services: Services, client: OAuthClient): Promise<TrustLevel> {
  if (client.verifiedHost && isDocumentId(client.id)) return { kind: 'document', host: client.verifiedHost };
  if (client.verifiedHost) return { kind: 'verified', host: client.verifiedHost };
  const owner = client.userId ? await findUserById(services, client.userId) : undefined;
  if (client.selfRegistered || !owner) return { kind: 'self-registered' };
  return { kind: 'registered', by: owner.name };
}
