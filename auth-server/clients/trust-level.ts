/** How much we know of an app, for the pages on which a person decides about it. */
import { isDocumentId } from '../../shared/identity/oauth/client-documents.js';
import type { OAuthClient } from '../../shared/identity/oauth/oauth-clients.js';
import { findUserById } from '../../shared/identity/people/users.js';
import type { Services } from '../../shared/services.js';
import type { TrustLevel } from '../pages/parts/app-identity.js';
import { findClient } from './client-registry.js';

export async function findTrustLevel(services: Services, client: OAuthClient): Promise<TrustLevel> {
  if (client.verifiedHost && isDocumentId(client.id)) return { kind: 'document', host: client.verifiedHost };
  if (client.verifiedHost) return { kind: 'verified', host: client.verifiedHost };
  const owner = client.userId ? await findUserById(services, client.userId) : undefined;
  if (client.selfRegistered || !owner) return { kind: 'self-registered' };
  return { kind: 'registered', by: owner.name };
}

/**
 * Whether somebody answers for the redirect URIs of a client: we do for a first-party app, and its owner does once
 * they have confirmed their email address. Where nobody does, a redirect before sign-in is shown and not followed. The
 * owner is read from the database and not from the client registry: they may have confirmed a moment ago.
 */
export async function isVouchedFor(services: Services, clientId: string): Promise<boolean> {
  const client = await findClient(services, clientId);
  if (!client || client.selfRegistered) return false;
  if (client.firstParty) return true;
  const owner = client.userId === null ? undefined : await findUserById(services, client.userId);
  return owner !== undefined && owner.emailVerifiedAt !== null;
}
