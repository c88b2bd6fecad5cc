/**
 * Every touch of oidc-provider that its documentation does not promise, in one place with its test. The library is
 * pinned to a minor version for these.
 */
import { decodeProtectedHeader, jwtVerify } from 'jose';
import { errors, Provider } from 'oidc-provider';
import { constantTimeEqual, sha256 } from '../../shared/crypto/secrets.js';
import { listClientSecretHashes } from '../../shared/identity/oauth/oauth-client-secrets.js';
import { endSessions } from '../../shared/identity/sign-in/browser-sessions.js';
import { findPublishedKey } from '../../shared/identity/sign-in/published-keys.js';
import { isDatabaseUnavailable } from '../../shared/postgres/db.js';
import { oauthProducts } from '../../shared/products/index.js';
import type { Services } from '../../shared/services.js';
import { findClient } from '../clients/client-registry.js';
import { responseModes } from '../endpoints/metadata.js';
import { productOfResource } from '../oidc/resources.js';

type ClientSecretHashes = readonly { hash: Buffer; expiresAt: Date | null }[];
type TokenPrototype = { generateTokenId(this: TokenLike): string };
interface TokenLike {
  format?: string;
  aud?: string | string[];
  resource?: string | string[];
}

/** Applied to each Provider that is built, before it serves. */
export function adaptInternals(provider: Provider, services: Services): void {
  prefixTokens(provider, services);
  compareSecretsByHash(provider, services);
  endSessionsForGood(provider, services);
  renewIdWithPerson(provider);
  keepCredentialVersion(provider);
  answerInAddressOnly(provider);
  refuseReplays(provider);
  leaveLogoutToJobs(provider);
  keepOpenIdScopes(provider);
  acceptResourceTokens(provider, services);
}

/** Tokens carry the prefix of the product that they are for, so that a leaked one can be told by sight. */
function prefixTokens(provider: Provider, services: Services): void {
  const kinds = [
    [provider.AccessToken, 'accessTokenPrefix'],
    [provider.ClientCredentials, 'accessTokenPrefix'],
    [provider.RefreshToken, 'refreshTokenPrefix'],
  ] as const;
  for (const [model, prefix] of kinds) {
    const prototype = model.prototype as unknown as TokenPrototype;
    const generate = prototype.generateTokenId;
    prototype.generateTokenId = function generateTokenId(this: TokenLike) {
      const [resource] = [this.aud ?? this.resource].flat();
      const product = productOfResource(services.config, resource) ?? oauthProducts[0];
      const id = generate.call(this);
      // The id of a JWT is no token.
      return this.format === 'jwt' ? id : (product?.oauth[prefix] ?? '') + id;
    };
  }
}

/** Secrets are stored as hashes, several per client; each valid one authenticates. */
function compareSecretsByHash(provider: Provider, services: Services): void {
  const prototype = provider.Client.prototype as unknown as {
    clientId: string;
    compareClientSecret(actual: string): Promise<boolean>;
  };
  prototype.compareClientSecret = async function compareClientSecret(
    this: { clientId: string },
    actual: string,
  ) {
    const presented = sha256(actual);
    const known = (await findClient(services, this.clientId))?.secrets ?? [];
    if (fits(services, known, presented)) return true;
    // A secret that was made a moment ago may not have been heard of yet: only a refusal is worth the question.
    return fits(services, await listClientSecretHashes(services, this.clientId), presented);
  };
}

function fits(services: Services, secrets: ClientSecretHashes, presented: Buffer): boolean {
  const now = services.clock.ms();
  return (
    secrets.filter(
      ({ hash, expiresAt }) =>
        constantTimeEqual(hash, presented) && (!expiresAt || expiresAt.getTime() > now),
    ).length > 0
  );
}

/** `destroy` of a session means its end, unlike the adapter's `destroy`, which a rotation also calls. */
function endSessionsForGood(provider: Provider, services: Services): void {
  const prototype = provider.Session.prototype as unknown as { uid: string; destroy(): Promise<void> };
  const destroy = prototype.destroy;
  prototype.destroy = async function destroySession(this: { uid: string; destroy(): Promise<void> }) {
    await endSessions(services, { uid: this.uid });
    await destroy.call(this);
  };
}

/**
 * A session's id changes when somebody signs in, against fixation, and not with each answered question as the
 * library has it: of several tabs that answer at once, a browser keeps the cookie that came last, and it must be
 * right whichever that is. `loginAccount` is to be called before `resetIdentifier`.
 */
function renewIdWithPerson(provider: Provider): void {
  const prototype = provider.Session.prototype as unknown as {
    accountId?: string;
    loginAccount(details: { accountId: string }): void;
    resetIdentifier(): void;
  };
  const { loginAccount, resetIdentifier } = prototype;
  const changed = new WeakSet<object>();
  prototype.loginAccount = function loginPerson(details) {
    if (this.accountId !== details.accountId) changed.add(this);
    loginAccount.call(this, details);
  };
  prototype.resetIdentifier = function resetForNewPerson() {
    if (changed.delete(this)) resetIdentifier.call(this);
  };
}

/**
 * A session carries the version of the password that its person typed, from the result of an interaction, so that
 * it is not stored when the password was changed meanwhile (shared/identity/sign-in/browser-sessions).
 */
function keepCredentialVersion(provider: Provider): void {
  const model = provider.Session as unknown as { IN_PAYLOAD: string[] };
  const members = [...model.IN_PAYLOAD, 'credentialVersion'];
  Object.defineProperty(model, 'IN_PAYLOAD', { get: () => members });
  const prototype = provider.Session.prototype as unknown as {
    credentialVersion?: unknown;
    save(ttl: number): Promise<unknown>;
  };
  const { save } = prototype;
  prototype.save = async function saveWithVersion(ttl) {
    const login = Provider.ctx?.oidc?.result?.login as { credentialVersion?: unknown } | undefined;
    if (login?.credentialVersion !== undefined) this.credentialVersion = login.credentialVersion;
    return save.call(this, ttl);
  };
}

/**
 * Answers go back in the address. `form_post` would be a page of the library's with a script of its own, which our
 * pages do without; the library registers it and offers no way to leave it out.
 */
function answerInAddressOnly(provider: Provider): void {
  const prototype = provider.Client.prototype as unknown as { responseModeAllowed(mode?: string): boolean };
  prototype.responseModeAllowed = function responseModeAllowed(mode) {
    if (mode === undefined || responseModes.includes(mode)) return true;
    const { params } = Provider.ctx?.oidc ?? {};
    // Else the refusal itself would be sent that way.
    if (params) params.response_mode = undefined;
    throw new errors.UnsupportedResponseMode();
  };
}

/** Of several that present one assertion at once, all but one are told what a later one is told: it was used. */
function refuseReplays(provider: Provider): void {
  const model = provider.ReplayDetection as unknown as {
    unique(issuer: string, id: string, expiresAt: number): Promise<boolean>;
  };
  const unique = model.unique;
  model.unique = async function uniqueOrFalse(...proof) {
    try {
      return await unique.apply(this, proof);
    } catch (error) {
      if (error instanceof errors.InvalidGrant) return false;
      throw error;
    }
  };
}

/** The end of a session queues the notices, whichever way it ends; the library's own single call is left out. */
function leaveLogoutToJobs(provider: Provider): void {
  const prototype = provider.Client.prototype as unknown as { backchannelLogout(): Promise<void> };
  prototype.backchannelLogout = async function backchannelLogout() {};
}

/**
 * A token for a resource carries the granted OpenID Connect scopes beside the resource's own: the library would drop
 * them, and with them the token's right to ask `/userinfo`. The audience of the token stays the resource.
 */
function keepOpenIdScopes(provider: Provider): void {
  const prototype = provider.Grant.prototype as unknown as {
    getResourceScopeFiltered(resource: string, filter: string[] | Set<string>): string;
    getResourceScopeEncountered(resource: string): string;
    getOIDCScopeFiltered(filter: Set<string>): string;
    getOIDCScopeEncountered(): string;
  };
  const { getResourceScopeFiltered, getResourceScopeEncountered } = prototype;
  const join = (...scopes: string[]) => scopes.filter((scope) => scope !== '').join(' ');
  prototype.getResourceScopeFiltered = function withOpenId(resource, filter) {
    const openid = this.getOIDCScopeFiltered(new Set(filter));
    return join(openid, getResourceScopeFiltered.call(this, resource, filter));
  };
  prototype.getResourceScopeEncountered = function encounteredWithOpenId(resource) {
    return join(this.getOIDCScopeEncountered(), getResourceScopeEncountered.call(this, resource));
  };
}

interface FoundToken {
  aud?: string | string[];
}

/**
 * `/userinfo` answers for every live access token with `openid`. The library refuses those that have an audience, and
 * knows no JWT: those are verified here. All other checks (key binding, client, person, grant) stay the library's.
 */
function acceptResourceTokens(provider: Provider, services: Services): void {
  const model = provider.AccessToken as unknown as {
    find(value: string, options?: object): Promise<FoundToken | undefined>;
  };
  const { find } = model;
  model.find = async function findWithAudience(value, options) {
    const found = await find.call(this, value, options);
    if (Provider.ctx?.oidc.route !== 'userinfo') return found;
    const token = found ?? (await openJwt(provider, services, value));
    if (token) token.aud = undefined;
    return token;
  };
}

/** An access token in the form of a JWT (RFC 9068), or undefined when it is none of ours or over. */
async function openJwt(
  provider: Provider,
  services: Services,
  value: string,
): Promise<FoundToken | undefined> {
  try {
    const { kid = '' } = decodeProtectedHeader(value);
    const key = await findPublishedKey(services, kid);
    if (!key) return undefined;
    const { payload } = await jwtVerify(value, key, {
      typ: 'at+jwt',
      algorithms: ['ES256'],
      issuer: services.config.issuer,
      currentDate: services.clock.now(),
      requiredClaims: ['exp', 'sub', 'jti', 'client_id', 'grant_id'],
    });
    const { sub, client_id: clientId, grant_id: grantId, cnf, scope, exp, iat, jti } = payload;
    const { jkt } = (cnf ?? {}) as { jkt?: string };
    const fields = { accountId: sub, clientId, grantId, scope, exp, iat, jti, jkt };
    const AccessToken = provider.AccessToken as unknown as new (fields: object) => FoundToken;
    return new AccessToken(fields);
  } catch (error) {
    if (isDatabaseUnavailable(error)) throw error;
    return undefined;
  }
}
