/**
 * Which addresses may name a client (OAuth Client ID Metadata Documents), and what is made of a document before the
 * library checks it. Scopes are the consent's business, how we sign is ours, and what kind of program it is can be
 * seen by its redirects: hardly any document says so.
 */
import type { Config } from '../../shared/config.js';
import { isNativeRedirect } from '../../shared/identity/oauth/redirect-uris.js';
import { idTokenAlgorithm } from './id-token-algorithms.js';

/** Longer ids are refused; they stand in rows and on pages. */
const maximumLength = 500;

const grantTypes = ['authorization_code', 'refresh_token'];

/** oidc-provider's own check lets `https://host` and `https://host/` pass; the draft wants a path. */
const withPath = /^https:\/\/[^/?#]+\/[^?#]/i;

/** Whether documents are read from this address at all; `*` among the hosts stands for any. */
export function isAllowedDocument({ clientDocumentHosts }: Pick<Config, 'clientDocumentHosts'>, id: string) {
  if (id.length > maximumLength || !withPath.test(id) || !URL.canParse(id)) return false;
  return clientDocumentHosts.includes('*') || clientDocumentHosts.includes(new URL(id).host);
}

/** The document as the library is to see it; what is no object stays as it is, for the library to refuse. */
export function adaptDocument(text: string): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return text;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return text;
  const { scope: _scope, ...rest } = parsed as Record<string, unknown>;
  const redirects = [rest.redirect_uris ?? []].flat();
  const asked = Array.isArray(rest.grant_types) ? rest.grant_types : grantTypes;
  return JSON.stringify({
    ...rest,
    id_token_signed_response_alg: idTokenAlgorithm(rest),
    token_endpoint_auth_method: rest.token_endpoint_auth_method ?? 'none',
    grant_types: grantTypes.filter((grant) => asked.includes(grant)),
    response_types: ['code'],
    application_type: redirects.some((uri) => isNativeRedirect(String(uri))) ? 'native' : 'web',
  });
}
