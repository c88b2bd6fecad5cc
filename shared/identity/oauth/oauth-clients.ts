/**
 * OAuth clients as Latchkey knows them: product, owner, standing. What oidc-provider needs of a client is made
 * from this (auth-server/clients); nothing here can be set by a client's own registration.
 */
import { randomBytes } from 'node:crypto';
import { recordAudit } from '../../audit/audit.js';
import { sqlNow } from '../../clock.js';
import { DomainError } from '../../errors.js';
import { requireRoom } from '../../postgres/row-limit.js';
import { inTransaction, type Services } from '../../services.js';
import { parseWebhookUrl } from '../../webhooks/addresses.js';
import { isOperator, requireConfirmedOwner } from '../people/confirmed-owner.js';
import { type Actor, parseName } from '../people/users.js';
import { createClientSecret } from './oauth-client-secrets.js';
import { parseRedirectUri } from './redirect-uris.js';

export interface OAuthClient {
  id: string;
  /** null for a client that registered itself: the `resource` that it asks for decides. */
  product: string | null;
  /** The developer who owns it; null for one that registered itself. */
  userId: string | null;
  name: string;
  redirectUris: string[];
  /** A public client has no secret and must use PKCE (RFC 6749 section 2.1). */
  public: boolean;
  firstParty: boolean;
  selfRegistered: boolean;
  verifiedHost: string | null;
  grantTypes: string[];
  /** Further RFC 7591 metadata. */
  metadata: Record<string, unknown>;
  disabledAt: Date | null;
  createdAt: Date;
  lastUsedAt: Date | null;
}

/** RFC 8628; for programs on devices, which have no secret to keep. */
const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

export interface NewOAuthClient {
  userId: string;
  product: string;
  name: string;
  redirectUris: string[];
  public?: boolean;
  firstParty?: boolean;
  /** Access tokens as JWTs (RFC 9068) that live five minutes, for resource servers that cannot introspect. */
  jwtAccessTokens?: boolean;
  /** Told when a session ends in which somebody used the app (OpenID Connect Back-Channel Logout). */
  backchannelLogoutUri?: string;
}

export const oauthClientColumns = {
  id: 'id',
  product: 'product',
  userId: 'user_id',
  name: 'name',
  redirectUris: 'redirect_uris',
  public: 'public',
  firstParty: 'first_party',
  selfRegistered: 'self_registered',
  verifiedHost: 'verified_host',
  grantTypes: 'grant_types',
  metadata: 'metadata',
  disabledAt: 'disabled_at',
  createdAt: 'created_at',
  lastUsedAt: 'last_used_at',
};

/**
 * Registers a client; the secret is returned this once (undefined for a public client). Throws `validation`,
 * `conflict` and `email_not_verified`.
 */
export async function createOAuthClient(
  services: Services,
  input: NewOAuthClient,
  actor: Actor,
): Promise<{ id: string; secret: string | undefined }> {
  const redirectUris = input.redirectUris.map((uri) => parseRedirectUri(uri));
  if (redirectUris.length === 0) {
    throw new DomainError('validation', {
      field: 'redirect_uri',
      message: 'at least one redirect URI is needed',
    });
  }
  const { backchannelLogoutUri: logoutUri } = input;
  const metadata = {
    ...(input.jwtAccessTokens && { jwt_access_tokens: true }),
    ...(logoutUri !== undefined && {
      backchannel_logout_uri: parseWebhookUrl(services.config, logoutUri, 'backchannel_logout_uri'),
      backchannel_logout_session_required: true,
    }),
  };
  const id = `app_${randomBytes(12).toString('hex')}`;
  return inTransaction(services, async (tx) => {
    await requireConfirmedOwner(tx, input.userId, actor);
    const rows = tx.db('oauth_clients').where({ user_id: input.userId });
    await requireRoom(tx, { kind: 'apps', accountId: input.userId, rows });
    await tx.db('oauth_clients').insert({
      id,
      vouched: isOperator(actor),
      product: input.product,
      user_id: input.userId,
      name: parseName(input.name),
      redirect_uris: redirectUris,
      public: input.public ?? false,
      first_party: input.firstParty ?? false,
      grant_types: ['authorization_code', 'refresh_token', input.public ? deviceGrant : 'client_credentials'],
      metadata: JSON.stringify(metadata),
      created_at: sqlNow(tx),
    });
    const secret = input.public
      ? undefined
      : await createClientSecret(tx, { clientId: id, name: 'First secret' }, actor);
    await recordAudit(tx, {
      accountId: input.userId,
      action: 'client.created',
      actor,
      target: { kind: 'client', id },
      details: { product: input.product, public: input.public ?? false },
    });
    return { id, secret };
  });
}

/** Whether its owner wants JWTs. Nothing that a client says of itself sets this. */
export const usesJwtAccessTokens = ({ metadata }: Pick<OAuthClient, 'metadata'>): boolean =>
  metadata.jwt_access_tokens === true;

/** Where the app wants to hear of ended sessions, if anywhere. */
export function logoutAddress({ metadata }: Pick<OAuthClient, 'metadata'>): string | undefined {
  const { backchannel_logout_uri: address } = metadata;
  return typeof address === 'string' ? address : undefined;
}

export async function findOAuthClient(services: Services, id: string): Promise<OAuthClient | undefined> {
  return services.db('oauth_clients').select(oauthClientColumns).where({ id }).first();
}
