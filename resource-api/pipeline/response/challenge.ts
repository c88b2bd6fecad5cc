/**
 * What a client is told that was not let in: `WWW-Authenticate`. RFC 6750 section 3 names `error` only for those who
 * presented something; RFC 9728 section 5.1 says where to ask for a token, and `scope` for which (clients take it at
 * its word, and ask for everything that we know where it is missing).
 */

import { proofAlgorithms } from '../../../shared/crypto/proof-algorithms.js';
import type { DomainError } from '../../../shared/errors.js';
import { currentNonce } from '../../credentials/proof-nonce.js';
import { metadataUrl } from '../../routing/protected-resource.js';
import { accessRuleOf, type RequestContext } from '../request-context.js';

/** The fields that go with an error of this status; none where no credential would have helped. */
export function challengeFields(
  context: RequestContext,
  error: DomainError,
  status: number,
): Record<string, string> {
  const { pipeline, product, identity } = context;
  const { config, clock } = pipeline.services;
  // A key that was made narrower lacks a scope as a token does, where keys and tokens share the names.
  const scopeMissing =
    error.code === 'insufficient_scope' || (error.code === 'permission_missing' && Boolean(product.oauth));
  const ambiguous = error.code === 'credential_ambiguous';
  if (status !== 401 && !scopeMissing && !ambiguous) return {};
  const parts = [`realm="${product.id}"`];
  if (identity?.unproven) {
    const stale = identity.unproven === 'stale';
    parts.push(`error="${stale ? 'use_dpop_nonce' : 'invalid_dpop_proof'}"`);
    parts.push(`algs="${proofAlgorithms.join(' ')}"`);
    const challenge = { 'WWW-Authenticate': `DPoP ${parts.join(', ')}` };
    return stale ? { ...challenge, 'DPoP-Nonce': currentNonce(config, clock.seconds()) } : challenge;
  }
  if (ambiguous) parts.push('error="invalid_request"');
  else if (scopeMissing) parts.push('error="insufficient_scope"');
  else if (identity?.presented) parts.push('error="invalid_token"');
  const scope = scopeMissing ? widened(context, error) : usualScope(context);
  if (scope !== undefined) parts.push(`scope="${scope}"`);
  if (product.oauth) parts.push(`resource_metadata="${metadataUrl(config, product)}"`);
  return { 'WWW-Authenticate': `Bearer ${parts.join(', ')}` };
}

/** What was granted and what is needed: a client that asks for just this loses nothing that it had. */
function widened({ identity }: RequestContext, error: DomainError): string {
  const caller = identity?.caller;
  const granted =
    caller?.kind === 'accessToken'
      ? caller.scopes
      : caller?.kind === 'apiKey'
        ? (caller.permissions ?? [])
        : [];
  return [...new Set([...granted, ...(error.data.needed?.split(' ') ?? [])])].join(' ');
}

/** What the route needs, or what the product gives to those who name no scope. */
function usualScope(context: RequestContext): string | undefined {
  const { product } = context;
  const by = accessRuleOf(context) ?? [];
  if (by === 'anyone') return undefined;
  const rule = by.find(({ kind }) => kind === 'accessToken');
  return rule?.kind === 'accessToken' ? (rule.scope ?? product.oauth?.defaultScope) : undefined;
}
