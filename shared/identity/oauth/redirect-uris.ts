/**
 * Redirect URIs: what may be registered, and by whom. Comparison is by string, so they are kept exactly as written.
 */
import { DomainError } from '../../errors.js';

const loopbackHosts = new Set(['127.0.0.1', '[::1]', 'localhost']);

/** Schemes that mean something to a browser or a system already, and so belong to no single app. */
const takenSchemes =
  /^(about|blob|chrome|content|data|file|filesystem|ftp|intent|jar|javascript|mailto|resource|sms|tel|vbscript|view-source|wss?):$/;

/**
 * A redirect URI that may be registered: https, or http on a loopback host (RFC 8252 section 7.3); no fragment,
 * no userinfo, no wildcard (RFC 9700 section 4.1). `ownSchemes`: programs on a person's machine may have a scheme of
 * their own (`cursor://…`, RFC 8252 section 7.1). Throws `validation`.
 */
export function parseRedirectUri(text: string, { ownSchemes = false } = {}): string {
  const refuse = (why: string): never => {
    throw new DomainError('validation', { field: 'redirect_uri', message: `redirect URI "${text}" ${why}` });
  };
  const url = URL.canParse(text) ? new URL(text) : refuse('is not an absolute URI');
  const web = url.protocol === 'https:' || (url.protocol === 'http:' && loopbackHosts.has(url.hostname));
  const own = ownSchemes && url.protocol !== 'http:' && !takenSchemes.test(url.protocol);
  if (!web && !own) refuse('must be https, or http on a loopback address');
  if (url.username || url.password) refuse('must not carry a user name or password');
  if (text.includes('#')) refuse('must not have a fragment');
  if (text.includes('*')) refuse('must not have a wildcard');
  if (/[\s\p{Cc}]/u.test(text) || text.length > 2000) refuse('is not a usable URI');
  return text;
}

/** Whether it leads to a program on the person's own machine: a loopback address, or a scheme of its own. */
export function isNativeRedirect(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'http:' ? loopbackHosts.has(hostname) : protocol !== 'https:';
}
