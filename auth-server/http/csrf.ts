/**
 * CSRF tokens for every form: a random cookie that no script can read, and its HMAC in the form. Another site can
 * make a browser send the cookie, but cannot know the HMAC; nor can it set a `__Host-` cookie of its own choice.
 *
 * Part of the value stands in the cookie's name, so that tabs which open at the same moment do not overwrite each
 * other's: each of their forms finds the cookie that it was made for.
 */
import { randomBytes } from 'node:crypto';
import type { Context } from 'koa';
import { constantTimeEqual, keyedHash, keyedHashes } from '../../shared/crypto/secrets.js';
import type { Services } from '../../shared/services.js';

const isSecure = (services: Services) => services.config.issuer.startsWith('https:');
const namePrefix = (services: Services) => (isSecure(services) ? '__Host-latchkey_csrf_' : 'latchkey_csrf_');

/** More than these many tabs never opened at the same moment. */
const maximumCookies = 20;

/** The token for this browser's forms; sets a cookie when there is none yet. */
export function csrfToken(services: Services, ctx: Context): string {
  const [known] = listNonces(services, ctx);
  const nonce = known ?? randomBytes(16).toString('base64url');
  if (known === undefined) {
    ctx.cookies.set(namePrefix(services) + nonce.slice(0, 6), nonce, {
      httpOnly: true,
      sameSite: 'lax',
      secure: isSecure(services),
      path: '/',
      overwrite: true,
    });
  }
  return keyedHash(services.config, 'csrf', nonce).toString('base64url');
}

/** Whether a posted form came from a page of ours, in this browser. */
export function isOwnForm(services: Services, ctx: Context, token: string | undefined): boolean {
  if (!token || ctx.get('sec-fetch-site') === 'cross-site') return false;
  const presented = Buffer.from(token, 'base64url');
  return listNonces(services, ctx)
    .flatMap((nonce) => keyedHashes(services.config, 'csrf', nonce))
    .some((hash) => constantTimeEqual(hash, presented));
}

function listNonces(services: Services, ctx: Context): string[] {
  const prefix = namePrefix(services);
  return ctx
    .get('cookie')
    .split(/;\s*/)
    .filter((pair) => pair.startsWith(prefix))
    .map((pair) => pair.slice(pair.indexOf('=') + 1))
    .filter((nonce) => /^[\w-]{22}$/.test(nonce))
    .slice(0, maximumCookies);
}
