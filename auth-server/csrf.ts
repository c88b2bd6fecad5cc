/**
 * CSRF tokens for every form: a random cookie that no script can read, and its HMAC in the form. Another site can
 * make a browser send the cookie, but cannot know the HMAC; nor can it set a `__Host-` cookie of its own choice.
 */
import { randomBytes } from 'node:crypto';
import type { Context } from 'koa';
import { constantTimeEqual, keyedHash, keyedHashes } from '../shared/secrets.js';
import type { Services } from '../shared/services.js';

const secure = (services: Services) => services.config.issuer.startsWith('https:');
const cookieName = (services: Services) => (secure(services) ? '__Host-latchkey_csrf' : 'latchkey_csrf');

/** The token for this browser's forms; sets the cookie when it is not there yet. */
export function csrfToken(services: Services, ctx: Context): string {
  const name = cookieName(services);
  let nonce = ctx.cookies.get(name);
  if (!nonce || !/^[\w-]{22}$/.test(nonce)) {
    nonce = randomBytes(16).toString('base64url');
    ctx.cookies.set(name, nonce, {
      httpOnly: true,
      sameSite: 'lax',
      secure: secure(services),
      path: '/',
      overwrite: true,
    });
  }
  return keyedHash(services.config, 'csrf', nonce).toString('base64url');
}

/** Whether a posted form came from a page of ours, in this browser. */
export function isOwnForm(services: Services, ctx: Context, token: string | undefined): boolean {
  const nonce = ctx.cookies.get(cookieName(services));
  if (!nonce || !token || ctx.get('sec-fetch-site') === 'cross-site') return false;
  const presented = Buffer.from(token, 'base64url');
  return keyedHashes(services.config, 'csrf', nonce).some((hash) => constantTimeEqual(hash, presented));
}
