/**
 * A client as oidc-provider wants to see it, made from our own rows. Secrets stay out: a marker stands where the
 * library expects one, and comparison is ours (provider-internals).
 */
import type { AdapterPayload } from 'oidc-provider';
import { isDocumentId } from '../../shared/identity/oauth/client-documents.js';
import type { OAuthClient } from '../../shared/identity/oauth/oauth-clients.js';
import { isNativeRedirect } from '../../shared/identity/oauth/redirect-uris.js';
import type { Services } from '../../shared/services.js';
import { findClient } from './client-registry.js';
import { idTokenAlgorithm } from './id-token-algorithms.js';

/** Stands for the secret in client metadata; no secret equals it, since comparison never looks at it. */
const secretMarker = 'kept-as-hashes';

/** RFC 7591 members that an owner may set; product, owner and standing are never among them. */
const ownMembers = [
  'client_uri',
  'logo_uri',
  'policy_uri',
  'tos_uri',
  'contacts',
  'jwks',
  'jwks_uri',
  'token_endpoint_auth_method',
  'token_endpoint_auth_signing_alg',
  'post_logout_redirect_uris',
  'backchannel_logout_uri',
  'backchannel_logout_session_required',
] as const;

/** The metadata of a client that is not disabled, nor its owner; a document's is the document's to say. */
export async function findClientMetadata(
  services: Services,
  id: string,
): Promise<AdapterPayload | undefined> {
  if (isDocumentId(id)) return undefined;
  const client = await findClient(services, id);
  return client?.active ? toMetadata(client) : undefined;
}

function toMetadata(client: OAuthClient): AdapterPayload {
  const chosen = Object.fromEntries(
    ownMembers
      .filter((name) => client.metadata[name] !== undefined)
      .map((name) => [name, client.metadata[name]]),
  );
  const usesCode = client.grantTypes.includes('authorization_code');
  const authentication = client.public
    ? 'none'
    : String(chosen.token_endpoint_auth_method ?? 'client_secret_basic');
  return {
    ...chosen,
    client_id: client.id,
    client_name: client.name,
    redirect_uris: client.redirectUris,
    // Whoever cannot prove who it is gets no token for itself (OAuth 2.1 section 4.2).
    grant_types: client.grantTypes.filter((grant) => !(client.public && grant === 'client_credentials')),
    response_types: usesCode ? ['code'] : [],
    token_endpoint_auth_method: authentication,
    application_type: isNative(client) ? 'native' : 'web',
    id_token_signed_response_alg: idTokenAlgorithm(client.metadata),
    ...(authentication === 'client_secret_basic' || authentication === 'client_secret_post'
      ? { client_secret: secretMarker }
      : {}),
  } as AdapterPayload;
}

/**
 * A public client with a redirect to the person's own machine runs there: any port of a loopback address is accepted
 * (RFC 8252 section 7.3). A confidential one is a server, and a server's port is part of its address.
 */
function isNative(client: OAuthClient): boolean {
  return client.public && client.redirectUris.some(isNativeRedirect);
}
