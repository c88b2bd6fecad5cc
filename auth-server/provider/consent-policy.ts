/**
 * When a person is asked. oidc-provider's own checks decide what is missing from a grant; this decides which grant
 * an authorization starts from: the one that was just consented to, a fresh one made from remembered consent, or
 * none. A fresh one covers what is asked for now and no more: consent given once for more does not leak in.
 */
import { type Grant, interactionPolicy, type KoaContextWithOIDC, type Provider } from 'oidc-provider';
import { DomainError } from '../../shared/errors.js';
import { isDocumentId } from '../../shared/identity/oauth/client-documents.js';
import { useConsent } from '../../shared/identity/oauth/consents.js';
import { createGrant, type GrantDuration, grantLifetimeSeconds } from '../../shared/identity/oauth/grants.js';
import type { OAuthClient } from '../../shared/identity/oauth/oauth-clients.js';
import { isNativeRedirect } from '../../shared/identity/oauth/redirect-uris.js';
import type { Origin } from '../../shared/identity/people/origin.js';
import { newGrantId, personIdOf } from '../../shared/ids.js';
import type { OAuthProduct } from '../../shared/products/index.js';
import type { Services } from '../../shared/services.js';
import { findClient } from '../clients/client-registry.js';
import { write } from '../http/request-transaction.js';
import { isIdentityScope, openIdScopes } from '../oidc/identity-scopes.js';
import { productOfResource } from '../oidc/resources.js';

/**
 * oidc-provider's prompts, without the one that asks native clients each time: ours depends on other things. In front
 * of them the account page (`prompt=select_account`) and `prompt=create`, which opens sign-up where a sign-in is due.
 */
export function consentPrompts(): interactionPolicy.DefaultPolicy {
  const policy = interactionPolicy.base();
  policy.get('consent')?.checks.remove('native_client_prompt');
  policy.add(new interactionPolicy.Prompt({ name: 'select_account', requestable: true }), 0);
  policy.add(new interactionPolicy.Prompt({ name: 'create', requestable: true }), 0);
  return policy;
}

/** What an authorization asks for at its resource, with OpenID scopes apart. */
export interface AskedScopes {
  openid: string[];
  resource: string | undefined;
  product: OAuthProduct | undefined;
  /** What the person is asked about: scopes that the resource knows, and beside `openid` those of identity. */
  scopes: string[];
  /** As the app wrote them; null when it named none. */
  requested: string[] | null;
}

type Parameters = Readonly<Record<string, unknown>>;

/** Reads what is asked from authorization parameters, in which the default scope and resource are filled in. */
export function askedScopes(services: Services, params: Parameters): AskedScopes {
  const [resource] = [params.resource].flat();
  const named = typeof resource === 'string' ? resource : undefined;
  const product = productOfResource(services.config, named);
  const asked = typeof params.scope === 'string' ? params.scope.split(' ') : [];
  return {
    openid: asked.filter((scope) => openIdScopes.includes(scope)),
    resource: named,
    product,
    scopes: asked.filter((scope) =>
      isIdentityScope(scope)
        ? asked.includes('openid')
        : product && Object.hasOwn(product.oauth.scopes, scope),
    ),
    requested: params.scope_defaulted === undefined ? asked : null,
  };
}

export interface ScopeDecision {
  /** `usr_…` */
  subject: string;
  clientId: string;
  asked: AskedScopes;
  allowed: string[];
  duration: GrantDuration;
  /** When what the person chose ends, if that began earlier than now. */
  endsAt?: Date;
  /** Where the decision came from, for the audit log. */
  origin?: Origin;
}

const split = (scopes: string[], test: (scope: string) => boolean): [string[], string[]] => [
  scopes.filter(test),
  scopes.filter((scope) => !test(scope)),
];

/**
 * Makes and stores the grant of one authorization, ours and oidc-provider's under one id. Throws `plan_limit` when
 * the app's owner has no place for one more human.
 */
export async function grantScopes(
  services: Services,
  provider: Provider,
  decision: ScopeDecision,
): Promise<Grant> {
  const { subject, clientId, asked, allowed, duration, endsAt } = decision;
  const lifetimeSeconds = endsAt
    ? Math.floor(endsAt.getTime() / 1000) - services.clock.seconds()
    : grantLifetimeSeconds[duration];
  const grant = new provider.Grant({ accountId: subject, clientId });
  Object.assign(grant, { expiresIn: lifetimeSeconds });
  const kept = asked.scopes.filter((scope) => allowed.includes(scope));
  const [openid, refusedOpenid] = split(asked.openid, (scope) => scope === 'openid' || kept.includes(scope));
  if (openid.length > 0) grant.addOIDCScope(openid.join(' '));
  if (refusedOpenid.length > 0) grant.rejectOIDCScope(refusedOpenid.join(' '));
  const ofResource = asked.scopes.filter((scope) => !isIdentityScope(scope));
  const [granted, refused] = split(ofResource, (scope) => kept.includes(scope));
  if (asked.resource !== undefined) {
    if (granted.length > 0) grant.addResourceScope(asked.resource, granted.join(' '));
    if (refused.length > 0) grant.rejectResourceScope(asked.resource, refused.join(' '));
  }
  const id = newGrantId();
  grant.jti = id;
  const stored = {
    id,
    userId: personIdOf(subject) ?? subject,
    clientId,
    product: asked.product?.id ?? null,
    scopes: kept,
    requestedScopes: asked.requested,
    duration,
    lifetimeSeconds,
    origin: decision.origin,
  };
  await write(services, (tx) => createGrant(tx, stored));
  await grant.save();
  return grant;
}

/** oidc-provider's `loadExistingGrant`. */
export async function loadExistingGrant(
  services: Services,
  ctx: KoaContextWithOIDC,
): Promise<Grant | undefined> {
  const { result, provider, account, client, params } = ctx.oidc;
  const grantId = result?.consent?.grantId;
  if (grantId !== undefined) return provider.Grant.find(grantId);
  if (!account || !client || !params || ctx.oidc.prompts.has('consent')) return undefined;
  if (ctx.oidc.entities.DeviceCode) return undefined;
  const registered = await findClient(services, client.clientId);
  if (!registered || !isRemembered(registered, String(params.redirect_uri))) return undefined;
  const asked = askedScopes(services, params);
  const decision = { subject: account.accountId, clientId: registered.id, asked, allowed: asked.scopes };
  if (registered.firstParty) return grantIfPlaced(services, provider, { ...decision, duration: 'always' });
  if (asked.scopes.length === 0) return undefined;
  const consent = await useConsent(services, {
    userId: personIdOf(account.accountId) ?? '',
    clientId: registered.id,
  });
  const covered =
    consent?.redirectHosts.includes(redirectHost(String(params.redirect_uri))) &&
    asked.scopes.every((scope) => consent.scopes.includes(scope));
  if (!consent || !covered) return undefined;
  const { duration, expiresAt: endsAt } = consent;
  return grantIfPlaced(services, provider, { ...decision, duration, endsAt });
}

/** Without a place on the plan of the app's owner the person is asked, and told there (interaction/consent). */
async function grantIfPlaced(
  services: Services,
  provider: Provider,
  decision: ScopeDecision,
): Promise<Grant | undefined> {
  try {
    return await grantScopes(services, provider, decision);
  } catch (error) {
    if (error instanceof DomainError && error.code === 'plan_limit') return undefined;
    throw error;
  }
}

/**
 * Whether consent to this app is remembered. A self-registered app is asked about each time; one that describes itself
 * (a client document) is vouched for by its host as long as the redirect is https. A public client with a loopback
 * redirect or a scheme of its own is asked about each time as well, whoever registered it: any program on the device
 * can receive that redirect and knows the client id (RFC 8252 section 8.6), so consent given to one is not consent
 * to the other.
 */
export function isRemembered(client: OAuthClient, redirectUri: string): boolean {
  if (client.public && isNativeRedirect(redirectUri)) return false;
  if (!client.selfRegistered) return true;
  return isDocumentId(client.id) && redirectUri.startsWith('https:');
}

/** The host that an answer is sent to; a redirect to another one is a reason to ask again. */
export function redirectHost(uri: string): string {
  return URL.canParse(uri) ? new URL(uri).host : '';
}
