/**
 * Dynamic client registration (RFC 7591), off unless OPEN_REGISTRATION is on. Anyone may register, so nothing that
 * a registration says is trusted: no product, no owner, two grant types, redirects that can be checked, a name that
 * is shown as what it is. oidc-provider checks the syntax of metadata; what may be in it is decided here.
 *
 * Members that are not kept are taken out in front of the library. It would refuse what common clients send as
 * `scope`: consent decides about scopes. An `id_token_signed_response_alg` that we do not sign with becomes RS256.
 */
import { createHash, randomBytes } from 'node:crypto';
import { type AdapterPayload, errors, type KoaContextWithOIDC, Provider } from 'oidc-provider';
import { recordAudit } from '../../shared/audit/audit.js';
import { countCharacters, isVisible } from '../../shared/characters.js';
import { sqlNow } from '../../shared/clock.js';
import { sha256 } from '../../shared/crypto/secrets.js';
import { DomainError } from '../../shared/errors.js';
import { readJsonObject } from '../../shared/http/body.js';
import { isNativeRedirect, parseRedirectUri } from '../../shared/identity/oauth/redirect-uris.js';
import { newId } from '../../shared/ids.js';
import { inTransaction, type Services } from '../../shared/services.js';
import { idTokenAlgorithm } from '../clients/id-token-algorithms.js';
import { replaceBody } from '../oidc/replace-body.js';
import { originOf } from '../sign-in/person.js';

const bodyLimitBytes = 16 * 1024;
const maximumRedirects = 10;
const maximumNameLength = 100;

/**
 * The members of a registration that are kept and have an effect afterwards. Every other member is left out of what
 * the library sees and of the response, as RFC 7591 section 2 allows: a response that named `backchannel_logout_uri`
 * would promise notices that nobody sends. `application_type` is set here, the rest of the response is generated.
 */
const keptMembers = [
  'client_name',
  'client_uri',
  'contacts',
  'grant_types',
  'id_token_signed_response_alg',
  'jwks',
  'jwks_uri',
  'logo_uri',
  'policy_uri',
  'post_logout_redirect_uris',
  'redirect_uris',
  'response_types',
  'token_endpoint_auth_method',
  'tos_uri',
];

/** What the server adds to them in a response. */
const generatedMembers = [
  'application_type',
  'client_id',
  'client_id_issued_at',
  'client_secret',
  'client_secret_expires_at',
];

const grantTypes = new Set(['authorization_code', 'refresh_token']);

/** Asked for by a self-registered client, these are refused and not just left out: it would count on them. */
const refusedGrantTypes = new Set([
  'client_credentials',
  'password',
  'urn:openid:params:grant-type:ciba',
  'urn:ietf:params:oauth:grant-type:token-exchange',
]);

/** Middleware for `POST /reg`, on the provider itself. */
export function registrationEndpoint() {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    if (!ctx.is('application/json')) return next();
    try {
      const metadata = normalise((await readJsonObject(ctx.req, bodyLimitBytes)) ?? {});
      check(metadata);
      // Clients without a secret that say the same are the same: a client that lost its registration gets it back.
      if (metadata.token_endpoint_auth_method === 'none') {
        ctx.state.registrationId = `dyn_${digestOf(metadata)}`;
      }
      replaceBody(ctx, JSON.stringify(metadata), 'application/json');
      await next();
      if (ctx.status === 201) {
        ctx.body = pick(ctx.body as Metadata, [...keptMembers, ...generatedMembers]);
      }
    } catch (error) {
      refuse(ctx, error);
    }
  };
}

function refuse(ctx: KoaContextWithOIDC, error: unknown): void {
  if (!(error instanceof DomainError) && !(error instanceof errors.InvalidClientMetadata)) throw error;
  const redirect = error instanceof DomainError && error.data.field === 'redirect_uri';
  ctx.status = error instanceof DomainError && error.code === 'payload_too_large' ? 413 : 400;
  ctx.set('Cache-Control', 'no-store');
  ctx.body = {
    error: redirect ? 'invalid_redirect_uri' : 'invalid_client_metadata',
    error_description:
      error instanceof DomainError
        ? (error.data.message ?? 'the body is not a JSON object')
        : error.error_description,
  };
}

/** oidc-provider's `idFactory`: one that the metadata leads to, or a random one. */
export function registrationId(ctx: KoaContextWithOIDC): string {
  const known: unknown = ctx.state.registrationId;
  return typeof known === 'string' ? known : `dyn_${randomBytes(12).toString('hex')}`;
}

type Metadata = Record<string, unknown>;

const pick = (metadata: Metadata, names: readonly string[]): Metadata =>
  Object.fromEntries(Object.entries(metadata).filter(([name]) => names.includes(name)));

function normalise(body: Metadata): Metadata {
  const rest = pick(body, keptMembers);
  const redirects = Array.isArray(rest.redirect_uris) ? rest.redirect_uris : [];
  const native = redirects.some((uri) => isNativeRedirect(String(uri)));
  return {
    ...rest,
    id_token_signed_response_alg: idTokenAlgorithm(rest),
    // RFC 7591 section 3.2.1: of a superset the allowed part is registered, and the response says which.
    grant_types: allowedPart(rest.grant_types, grantTypes, refusedGrantTypes),
    response_types: allowedPart(rest.response_types, new Set(['code']), new Set()),
    token_endpoint_auth_method: rest.token_endpoint_auth_method ?? 'client_secret_basic',
    application_type: native && rest.token_endpoint_auth_method === 'none' ? 'native' : 'web',
  };
}

/** The allowed entries of a list, all allowed ones when there is no list; unchanged when it holds a refused one. */
function allowedPart(asked: unknown, allowed: Set<string>, refused: Set<string>): unknown {
  if (asked === undefined || asked === null) return [...allowed];
  if (!Array.isArray(asked) || asked.some((entry) => refused.has(entry))) return asked;
  return asked.filter((entry) => allowed.has(entry));
}

/**
 * Control characters, line separators, and the controls of writing direction, which can make a name read as
 * another. Joiners are part of Persian words and of emoji.
 */
const deceptive = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
function check(metadata: Metadata): void {
  const refuseMember = (field: string, message: string): never => {
    throw new DomainError('validation', { field, message });
  };
  const { redirect_uris: redirects, grant_types: grants, client_name: name } = metadata;
  if (!Array.isArray(redirects) || redirects.length === 0 || redirects.length > maximumRedirects) {
    refuseMember('redirect_uri', `redirect_uris must have 1 to ${maximumRedirects} entries`);
  } else {
    const ownSchemes = metadata.token_endpoint_auth_method === 'none';
    for (const uri of redirects) parseRedirectUri(String(uri), { ownSchemes });
  }
  if (
    !Array.isArray(grants) ||
    grants.length === 0 ||
    grants.some((grant) => !grantTypes.has(String(grant)))
  ) {
    refuseMember('grant_types', 'grant_types may be authorization_code and refresh_token');
  }
  const named =
    typeof name === 'string' &&
    countCharacters(name) <= maximumNameLength &&
    !deceptive.test(name) &&
    isVisible(name);
  if (name !== undefined && !named) {
    refuseMember('client_name', `client_name must be at most ${maximumNameLength} characters of plain text`);
  }
}

function digestOf(metadata: Metadata): string {
  const ordered = JSON.stringify(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)));
  return createHash('sha256').update(ordered).digest('hex').slice(0, 32);
}

/** Stores what oidc-provider made of a registration: the adapter's `upsert` for clients. */
export async function storeRegistration(services: Services, metadata: AdapterPayload): Promise<void> {
  const id = String(metadata.client_id);
  const isPublic = metadata.token_endpoint_auth_method === 'none';
  const { client_uri, logo_uri, policy_uri, tos_uri, contacts, jwks, jwks_uri } = metadata;
  const kept = { client_uri, logo_uri, policy_uri, tos_uri, contacts, jwks, jwks_uri };
  await inTransaction(services, async (tx) => {
    const inserted = await tx
      .db('oauth_clients')
      .insert({
        id,
        name: metadata.client_name ?? 'An app without a name',
        redirect_uris: metadata.redirect_uris,
        public: isPublic,
        self_registered: true,
        grant_types: metadata.grant_types,
        metadata: JSON.stringify({
          ...kept,
          token_endpoint_auth_method: metadata.token_endpoint_auth_method,
          id_token_signed_response_alg: metadata.id_token_signed_response_alg,
          post_logout_redirect_uris: metadata.post_logout_redirect_uris,
        }),
        created_at: sqlNow(tx),
      })
      .onConflict('id')
      .ignore()
      .returning('id');
    if (inserted.length === 0) return;
    if (typeof metadata.client_secret === 'string') {
      await tx.db('oauth_client_secrets').insert({
        id: newId(),
        client_id: id,
        name: 'From registration',
        hash: sha256(metadata.client_secret),
        last_four: metadata.client_secret.slice(-4),
        created_at: sqlNow(tx),
      });
    }
    await recordAudit(tx, {
      accountId: null,
      action: 'client.registered',
      actor: { kind: 'client', id, ...(Provider.ctx ? originOf(Provider.ctx) : {}) },
      target: { kind: 'client', id },
    });
  });
}
