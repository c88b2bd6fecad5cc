/**
 * oidc-provider, configured. Everything that a default would decide silently is decided here by name; the reasons
 * for what differs stand in DECISIONS.md.
 */
import type { JWK } from 'jose';
import Keygrip from 'keygrip';
import { type Configuration, type KoaContextWithOIDC, Provider } from 'oidc-provider';
import { proofAlgorithms } from '../../shared/crypto/proof-algorithms.js';
import { purposeKeys, randomSecret } from '../../shared/crypto/secrets.js';
import { createGuardedFetch, type OutboundLimits } from '../../shared/http/outbound.js';
import { grantLifetimeSeconds } from '../../shared/identity/oauth/grants.js';
import type { Services } from '../../shared/services.js';
import { openClientDocuments } from '../clients/client-documents.js';
import {
  deviceInfo,
  renderCodeEntry,
  renderConfirmation,
  renderDeviceDone,
} from '../endpoints/device-pages.js';
import { renderProtocolError, renderSignedOut, renderSignOut } from '../endpoints/protocol-pages.js';
import { registrationId } from '../endpoints/registration.js';
import { findAccount } from '../oidc/accounts.js';
import { openIdScopes } from '../oidc/identity-scopes.js';
import { accessTokenSeconds, defaultResource, resourceServerInfo } from '../oidc/resources.js';
import { allowIntrospection, allowRevocation } from '../oidc/token-policies.js';
import { createAdapterFactory } from './adapter.js';
import { consentPrompts, loadExistingGrant } from './consent-policy.js';
import { adaptInternals } from './provider-internals.js';

/** A refresh token slides for this long; its grant says when the sliding ends. */
const refreshTokenSeconds = 30 * 86_400;
const sessionSeconds = 14 * 86_400;

/** Builds a Provider that signs with the first of `signingKeys` and publishes all of them. */
export function buildProvider(
  services: Services,
  signingKeys: JWK[],
  outbound: OutboundLimits = {},
): Provider {
  const provider = new Provider(services.config.issuer, configuration(services, signingKeys, outbound));
  // What it reads of X-Forwarded-* was written or left by public-address.
  provider.proxy = true;
  provider.maxIpsCount = 1;
  adaptInternals(provider, services);
  return provider;
}

function configuration(services: Services, signingKeys: JWK[], outbound: OutboundLimits): Configuration {
  const { config } = services;
  const callOut = createGuardedFetch(config, { ...outbound, maxBytes: 64 * 1024 });
  const documents = openClientDocuments(services, outbound);
  const secure = config.issuer.startsWith('https:');
  return {
    adapter: createAdapterFactory(services),
    jwks: { keys: signingKeys },
    findAccount: (_ctx, subject) => findAccount(services, subject),
    loadExistingGrant: (ctx) => loadExistingGrant(services, ctx),
    interactions: {
      policy: consentPrompts(),
      url: (_ctx, interaction) => `/interaction/${interaction.uid}`,
    },
    scopes: openIdScopes,
    claims: {
      openid: ['sub'],
      email: ['email', 'email_verified'],
      profile: ['name'],
      acr: null,
      sid: null,
      auth_time: null,
      iss: null,
    },
    extraParams: { scope_defaulted: null, scope_wildcard: null },
    responseTypes: ['code'],
    clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    clientDefaults: {
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      id_token_signed_response_alg: 'RS256',
    },
    enabledJWA: {
      idTokenSigningAlgValues: ['RS256', 'ES256'],
      clientAuthSigningAlgValues: ['ES256', 'RS256', 'PS256', 'EdDSA', 'Ed25519'],
      requestObjectSigningAlgValues: ['ES256', 'RS256', 'PS256', 'EdDSA', 'Ed25519'],
      userinfoSigningAlgValues: ['ES256'],
      introspectionSigningAlgValues: ['ES256'],
      authorizationSigningAlgValues: ['ES256'],
      dPoPSigningAlgValues: [...proofAlgorithms],
    },
    pkce: { required: (_ctx, client) => client.clientAuthMethod === 'none' },
    rotateRefreshToken: true,
    // Whichever token is revoked: with its grant gone, nothing else takes the app for connected.
    revokeGrantPolicy: () => true,
    issueRefreshToken: (ctx, client) => client.grantTypeAllowed('refresh_token') && !isGrantedOnce(ctx),
    expiresWithSession: () => false,
    clientBasedCORS: (_ctx, origin, client) =>
      client.clientAuthMethod === 'none' &&
      // The origin of a scheme of an app's own reads "null", as does that of any sandboxed frame.
      origin !== 'null' &&
      (client.redirectUris ?? []).some((uri) => URL.canParse(uri) && new URL(uri).origin === origin),
    formats: {
      customizers: {
        // What the resource API asks the database about: a JWT whose grant has ended is worth nothing.
        jwt: (_ctx, token, { payload }) => {
          if ('grantId' in token) payload.grant_id = token.grantId;
        },
      },
    },
    acceptQueryParamAccessTokens: false,
    // Addresses that clients name (`jwks_uri`): resolved and checked before anything connects to them.
    fetch: (input, init) => {
      const url = String(input instanceof Request ? input.url : input);
      return documents.fetch(url, init) ?? callOut(url, init);
    },
    allowOmittingSingleRegisteredRedirectUri: true,
    routes: {
      authorization: '/authorize',
      token: '/token',
      revocation: '/token/revocation',
      introspection: '/token/introspection',
      pushed_authorization_request: '/request',
      registration: '/reg',
      jwks: '/jwks',
      userinfo: '/userinfo',
      end_session: '/session/end',
      device_authorization: '/device/auth',
      code_verification: '/device',
    },
    cookies: {
      keys: new Keygrip(
        purposeKeys(config, 'cookies').map((key) => key.toString('base64url')),
        'sha256',
      ),
      names: {
        session: secure ? '__Host-latchkey_session' : 'latchkey_session',
        interaction: secure ? '__Secure-latchkey_interaction' : 'latchkey_interaction',
        resume: secure ? '__Secure-latchkey_resume' : 'latchkey_resume',
      },
      long: { signed: true, httpOnly: true, sameSite: 'lax', secure, path: '/' },
      short: { signed: true, httpOnly: true, sameSite: 'lax', secure },
    },
    ttl: {
      AccessToken: accessTokenLifetime,
      AuthorizationCode: 60,
      ClientCredentials: accessTokenLifetime,
      DeviceCode: 600,
      Grant: refreshTokenSeconds,
      IdToken: 3600,
      Interaction: 3600,
      RefreshToken: (ctx) => {
        const grantSeconds = ctx?.oidc.entities.Grant?.remainingTTL ?? refreshTokenSeconds;
        return Math.max(1, Math.min(refreshTokenSeconds, grantSeconds));
      },
      // Before anybody has signed in, a session only holds a form together.
      Session: (_ctx, session) => (session.accountId === undefined ? 3600 : sessionSeconds),
    },
    features: {
      devInteractions: { enabled: false },
      dPoP: {
        enabled: true,
        nonceSecret: purposeKeys(config, 'dpop-nonce')[0],
        requireNonce: () => false,
        allowReplay: false,
      },
      clientCredentials: { enabled: true },
      clientIdMetadataDocument: {
        enabled: documents.enabled,
        ack: 'draft-02',
        allowFetch: (ctx, id) => documents.mayFetch(ctx, id),
        allowClient: (_ctx, client) => documents.keep(client),
        cacheDuration: { min: 60, max: 3600 },
      },
      deviceFlow: {
        enabled: true,
        charset: 'base-20',
        mask: '****-****',
        deviceInfo,
        userCodeInputSource: (ctx, form, out, error) => renderCodeEntry(services, ctx, form, out, error),
        userCodeConfirmSource: (ctx, form, client, device, code) =>
          renderConfirmation(services, ctx, form, client.clientId, device, code),
        successSource: (ctx) => renderDeviceDone(services, ctx),
      },
      registration: {
        enabled: config.openRegistration,
        idFactory: registrationId,
        secretFactory: randomSecret,
        issueRegistrationAccessToken: false,
      },
      introspection: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) => allowIntrospection(services, client, token),
      },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => allowRevocation(client, token) },
      pushedAuthorizationRequests: { enabled: true },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => renderSignOut(services, ctx, form),
        postLogoutSuccessSource: (ctx) => renderSignedOut(services, ctx),
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: (ctx, client, oneOf) => defaultResource(services, ctx, client.clientId, oneOf),
        getResourceServerInfo: (ctx, resource, client) =>
          resourceServerInfo(services, ctx, resource, client.clientId),
        useGrantedResource: () => true,
      },
      userinfo: { enabled: true },
    },
    renderError: (ctx, out, error) => renderProtocolError(services, ctx, out, error),
  };
}

/** Of a token for one resource what that resource says; an hour for one that only userinfo takes. */
function accessTokenLifetime(
  _ctx: KoaContextWithOIDC,
  token: { resourceServer?: { accessTokenTTL?: number } },
): number {
  return token.resourceServer?.accessTokenTTL ?? accessTokenSeconds;
}

/** Someone who consented "this once" is not to be there for longer than the one access token. */
function isGrantedOnce(ctx: KoaContextWithOIDC): boolean {
  const grant = ctx.oidc.entities.Grant;
  if (!grant?.exp || !grant.iat) return false;
  return grant.exp - grant.iat <= grantLifetimeSeconds.once;
}
