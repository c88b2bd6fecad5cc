/**
 * Request bodies of the endpoints that take a form. Three kinds of request are rewritten before oidc-provider reads
 * them: JSON, which one product documents and every client may send; Basic authentication with an empty secret,
 * which is how some libraries name a public client; and pushed requests, for parameters that have no meaning.
 */
import type { KoaContextWithOIDC } from 'oidc-provider';
import { DomainError } from '../../shared/errors.js';
import { readJsonObject, readText } from '../../shared/http/body.js';
import { replaceBody } from '../oidc/replace-body.js';

type Next = () => Promise<void>;

const bodyLimitBytes = 56 * 1024;
const formType = 'application/x-www-form-urlencoded';

/** Middleware that rewrites the body where needed; `isPushed` for a pushed authorization request (RFC 9126). */
export async function acceptForm(ctx: KoaContextWithOIDC, next: Next, isPushed: boolean): Promise<void> {
  const publicClient = readEmptySecret(ctx.get('authorization'));
  const isJson = ctx.is('application/json') !== false && ctx.is('application/json') !== null;
  const isForm = ctx.is(formType) === formType;
  if (!isJson && !(isForm && (isPushed || publicClient !== undefined))) return next();
  try {
    const form = isJson
      ? formOf((await readJsonObject(ctx.req, bodyLimitBytes)) ?? {})
      : new URLSearchParams(await readText(ctx.req, bodyLimitBytes));
    if (isPushed) {
      for (const name of meaninglessParameters(form.get('scope'))) form.delete(name);
    }
    if (publicClient !== undefined && [null, publicClient].includes(form.get('client_id'))) {
      form.set('client_id', publicClient);
      delete ctx.req.headers.authorization;
    }
    replaceBody(ctx, form.toString(), formType);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    ctx.status = error.code === 'payload_too_large' ? 413 : 400;
    ctx.set('Cache-Control', 'no-store');
    const error_description = error.data.message ?? 'the body could not be read';
    ctx.body = { error: 'invalid_request', error_description };
    return;
  }
  await next();
  if (publicClient !== undefined && ctx.status === 401) {
    // RFC 6749 section 5.2: a client that used the header is told the scheme.
    ctx.set('WWW-Authenticate', `Basic realm="${ctx.oidc.issuer}"`);
  }
}

/**
 * The client id of a Basic header with an empty secret: a public client, authenticated by `none` (requests-oauthlib
 * and golang.org/x/oauth2 send it). undefined for any other header.
 */
function readEmptySecret(header: string): string | undefined {
  const encoded = /^basic ([a-z0-9+/]+={0,2})$/i.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const id = /^([^:]+):$/.exec(Buffer.from(encoded, 'base64').toString('utf8'))?.[1];
  try {
    return id === undefined ? undefined : decodeURIComponent(id.replaceAll('+', '%20'));
  } catch {
    return undefined;
  }
}

/** Parameters that these endpoints know; of another type than text they are an error and never ignored. */
const knownParameters = new Set([
  ...['grant_type', 'code', 'redirect_uri', 'code_verifier', 'refresh_token', 'scope', 'device_code'],
  ...['client_id', 'client_secret', 'client_assertion', 'client_assertion_type', 'token', 'token_type_hint'],
  ...[
    'response_type',
    'response_mode',
    'state',
    'nonce',
    'prompt',
    'code_challenge',
    'code_challenge_method',
  ],
  ...['login_hint', 'dpop_jkt', 'request', 'request_uri'],
]);

/** RFC 6749 section 3.2: a parameter without a value is as if absent, an unknown one is ignored. */
function formOf(body: Record<string, unknown>): URLSearchParams {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(body)) {
    const values = name === 'resource' ? [value].flat() : [value];
    for (const one of values) {
      if (typeof one === 'string') form.append(name, one);
      else if (one !== null && (name === 'resource' || knownParameters.has(name))) {
        throw new DomainError('malformed_body', { message: `${name} must be a string` });
      }
    }
  }
  return form;
}

const openIdParameters = ['acr_values', 'claims', 'claims_locales', 'id_token_hint', 'max_age', 'nonce'];

/** OpenID Connect parameters of a request that does not ask for `openid`: to be ignored (RFC 6749 section 3.1). */
export function meaninglessParameters(scope: string | null | undefined): readonly string[] {
  return scope?.split(' ').includes('openid') ? [] : openIdParameters;
}

/** Longer queries would not get through the limits for request lines. */
const longestQueryBytes = 8 * 1024;

/**
 * Middleware for an endpoint that browsers may call by POST (OpenID Connect Core section 3.1.2.1): goes on with the
 * same parameters by GET. A POST from another site carries no session cookie (`SameSite=Lax`); the redirect does.
 * Credentials of a client do not belong here and are left out.
 */
export async function redirectPost(ctx: KoaContextWithOIDC, next: Next): Promise<void> {
  if (ctx.method !== 'POST') return next();
  if (!ctx.is(formType)) throw new DomainError('unsupported_media_type');
  const form = new URLSearchParams(await readText(ctx.req, longestQueryBytes));
  for (const name of ['client_secret', 'client_assertion', 'client_assertion_type']) form.delete(name);
  ctx.status = 303;
  ctx.set('Cache-Control', 'no-store');
  ctx.redirect(`${ctx.mountPath ?? ''}${ctx.path}?${form}`);
}
