/**
 * Every touch of oidc-provider that its documentation does not promise, in one place with its test. The library is
 * pinned to a minor version for these.
 */
import { errors, Provider } from 'oidc-provider';
import { constantTimeEqual, sha256 } from '../../shared/crypto/secrets.js';
import { listClientSecretHashes } from '../../shared/identity/oauth/oauth-client-secrets.js';
import { endSessions } from '../../shared/identity/sign-in/browser-sessions.js';
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
