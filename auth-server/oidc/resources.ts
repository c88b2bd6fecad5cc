/**
 * Resource indicators (RFC 8707) and scopes. Each OAuth-speaking product is one resource, named
 * `{API_URL}/{product}` or by a host of its own; its scopes live there and nowhere else. The client's product is
 * what it asks for when it names no resource; a client without a product (one that registered itself) gets the
 * default one.
 */
import { errors, type KoaContextWithOIDC, type ResourceServer } from 'oidc-provider';
import type { Config } from '../../shared/config.js';
import { usesJwtAccessTokens } from '../../shared/identity/oauth/oauth-clients.js';
import { getOAuthProduct, type OAuthProduct, oauthProducts } from '../../shared/products/index.js';
import type { Services } from '../../shared/services.js';
import { findClient } from '../clients/client-registry.js';
import { read } from '../http/request-transaction.js';
import { openIdScopes } from './identity-scopes.js';

/** Access tokens live this long, in seconds (seeds of both OAuth products). */
export const accessTokenSeconds = 3600;

/** One as a JWT (RFC 9068) can be neither introspected nor revoked by itself, so it is over soon. */
const jwtAccessTokenSeconds = 300;

/** The canonical name of a product as a resource: the `aud` of its tokens. */
export function resourceOf(config: Pick<Config, 'apiUrl'>, productId: string): string {
  return `${config.apiUrl}/${productId}`;
}

/** The product that a resource indicator names; one trailing slash is forgiven. */
export function productOfResource(config: Config, resource: string | undefined): OAuthProduct | undefined {
  if (resource === undefined) return undefined;
  const named = resource.endsWith('/') ? resource.slice(0, -1) : resource;
  return oauthProducts.find((product) => {
    const hosts = [...config.productHosts].filter(([, id]) => id === product.id);
    const bases = [resourceOf(config, product.id), ...hosts.map(([host]) => `https://${host}`)];
    const paths = ['', ...(product.oauth.resourceAliases ?? [])];
    return bases.some((base) => paths.some((path) => named === base + path));
  });
}

/** The product whose scopes a client asks for when it names no resource. */
export async function productOfClient(services: Services, clientId: string): Promise<OAuthProduct> {
  const client = await read(services, (db) => findClient(db, clientId));
  const id = client?.product ?? services.config.defaultProduct ?? oauthProducts[0]?.id;
  return getOAuthProduct(id ?? '');
}

/** oidc-provider's `defaultResource`: `oneOf` is given where several were granted and one token can have one. */
export async function defaultResource(
  services: Services,
  ctx: KoaContextWithOIDC,
  clientId: string,
  oneOf: readonly string[] | undefined,
): Promise<string | undefined> {
  const product = await productOfClient(services, clientId);
  if (oneOf)
    return oneOf.find((resource) => productOfResource(services.config, resource) === product) ?? oneOf[0];
  const asked = ctx.oidc.params?.scope;
  const scopes = typeof asked === 'string' ? asked.split(' ') : [];
  const onlyIdentity =
    scopes.includes('openid') && !scopes.some((scope) => Object.hasOwn(product.oauth.scopes, scope));
  return onlyIdentity ? undefined : resourceOf(services.config, product.id);
}

/** oidc-provider's `getResourceServerInfo`. Throws `invalid_target` for what is not ours or not the client's. */
export async function resourceServerInfo(
  services: Services,
  ctx: KoaContextWithOIDC,
  resource: string,
  clientId: string,
): Promise<ResourceServer> {
  const product = productOfResource(services.config, resource);
  if (!product) throw new errors.InvalidTarget('the resource is unknown');
  const client = await read(services, (db) => findClient(db, clientId));
  if (client?.product && client.product !== product.id) {
    throw new errors.InvalidTarget('the client belongs to another product');
  }
  fillScope(ctx, product);
  const asJwt = client !== undefined && usesJwtAccessTokens(client);
  return {
    scope: scopesOf(ctx, product).join(' '),
    audience: resourceOf(services.config, product.id),
    accessTokenTTL: asJwt ? jwtAccessTokenSeconds : accessTokenSeconds,
    accessTokenFormat: asJwt ? 'jwt' : 'opaque',
    jwt: { sign: { alg: 'ES256' } },
  };
}

/**
 * The scopes that a token for a product may carry: those of the product and, for a person's token, those of OpenID
 * Connect, which `/userinfo` reads and the product's API ignores.
 */
function scopesOf(ctx: KoaContextWithOIDC, { oauth }: OAuthProduct): string[] {
  const ofPerson = ctx.oidc.params?.grant_type !== 'client_credentials';
  return [...(ofPerson ? openIdScopes : []), ...Object.keys(oauth.scopes)];
}

/** Requests that begin an authorization or stand for one; a refresh keeps the scopes that were granted. */
const scopeRoutes = new Set(['authorization', 'pushed_authorization_request', 'device_authorization']);

/**
 * A request without `scope` asks for the product's default (RFC 6749 section 3.3) and is marked, so that the
 * answer can say what it got; a wildcard becomes the scopes that it stands for, so that a person can refuse one.
 * Unknown scopes are left out by the library; where nothing else was asked for, `invalid_scope` says so.
 */
function fillScope(ctx: KoaContextWithOIDC, { oauth }: OAuthProduct): void {
  const { params } = ctx.oidc;
  if (!params) return;
  const begins = scopeRoutes.has(ctx.oidc.route) || params.grant_type === 'client_credentials';
  if (!begins) return;
  if (params.scope === undefined) {
    params.scope = oauth.defaultScope;
    params.scope_defaulted = 'yes';
    return;
  }
  const asked = String(params.scope).split(' ');
  if (!asked.some(isKnownScope)) throw new errors.InvalidScope('the scope is unknown', String(params.scope));
  if (oauth.wildcard === undefined || !asked.includes(oauth.wildcard)) return;
  const others = asked.filter((scope) => scope !== oauth.wildcard);
  params.scope = [...new Set([...others, ...Object.keys(oauth.scopes)])].join(' ');
  params.scope_wildcard = 'yes';
}

function isKnownScope(scope: string): boolean {
  if (openIdScopes.includes(scope)) return true;
  return oauthProducts.some(({ oauth }) => scope === oauth.wildcard || Object.hasOwn(oauth.scopes, scope));
}
