/**
 * The mark of a browser in which somebody signed in to an account before. Such a browser has its own budget of
 * wrong passwords for that account (shared/identity/attempts), so that guesses made elsewhere do not lock the owner
 * out. The mark is a cookie with a random id and an MAC of id and account; it says nothing about the account.
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { Context } from 'koa';
import { constantTimeEqual, purposeKeys } from '../../shared/crypto/secrets.js';
import { emailSubject } from '../../shared/limiter/subjects.js';
import type { Services } from '../../shared/services.js';

const rememberedMs = 365 * 86_400 * 1000;

/** The id of this browser, when its mark is for the account of this email. */
export function findKnownBrowser(services: Services, ctx: Context, email: string): string | undefined {
  const [id = '', mac = ''] = (ctx.cookies.get(cookieName(services)) ?? '').split('.');
  const isMark = purposeKeys(services.config, 'cookies').some((key) =>
    constantTimeEqual(Buffer.from(macOf(key, id, email)), Buffer.from(mac)),
  );
  return isMark ? id : undefined;
}

/** Marks this browser as one in which somebody signed in to the account of this email. */
export function markBrowser(services: Services, ctx: Context, email: string): void {
  const id = randomBytes(12).toString('base64url');
  const [key] = purposeKeys(services.config, 'cookies');
  if (!key) return;
  ctx.cookies.set(cookieName(services), `${id}.${macOf(key, id, email)}`, {
    httpOnly: true,
    sameSite: 'lax',
    secure: isSecure(services),
    path: '/',
    maxAge: rememberedMs,
  });
}

const macOf = (key: Buffer, id: string, email: string): string =>
  createHmac('sha256', key)
    .update(`known-browser:${id}:${emailSubject(email)}`)
    .digest('base64url');

const isSecure = ({ config }: Services): boolean => config.issuer.startsWith('https:');

const cookieName = (services: Services): string =>
  isSecure(services) ? '__Host-latchkey_known' : 'latchkey_known';
