/**
 * The policy of every page: nothing runs or loads that is not a file of the own origin, nothing frames us.
 *
 * `form-action` also governs the redirects that follow a POST (Chrome enforces it): the way from consent, and from a
 * sign-in after which consent is remembered, ends at the app's redirect URI. Those pages name it here, else the
 * browser stops at the last step. Do not open `form-action` wider than this one address.
 */

/**
 * The CSP source that covers a redirect URI, or undefined for one that no page may send a browser to. Apps on a
 * device use schemes of their own (RFC 8252 section 7.1). CSP cannot spell an IPv6 host, so `http://[::1]` is
 * covered by its scheme.
 */
function findFormActionSource(redirectUri: string): string | undefined {
  if (!URL.canParse(redirectUri)) return undefined;
  const url = new URL(redirectUri);
  if (['javascript:', 'data:', 'blob:', 'file:', 'vbscript:', 'about:'].includes(url.protocol))
    return undefined;
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return url.protocol;
  if (url.hostname.startsWith('[')) return url.protocol;
  // A URL's host may hold `;` and `,`, which would end our directive and begin the client's own.
  return /^[a-z0-9.-]+$/.test(url.hostname) ? url.origin : undefined;
}

/** `formTargets` are the redirect URIs to which a form of this page may lead. */
export function buildContentSecurityPolicy(formTargets: readonly string[] = []): string {
  const sources = formTargets.map(findFormActionSource).filter((source) => source !== undefined);
  return [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "img-src 'self'",
    `form-action ${["'self'", ...new Set(sources)].join(' ')}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');
}
