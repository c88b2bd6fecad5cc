/**
 * Guessing passwords is slowed down per email address and per network address, without giving strangers a way to
 * lock the owner out: a browser in which somebody signed in to this account before counts by itself, so that what
 * strangers use up is not missing there. Only failures count; an attempt is charged before the password is looked
 * at (or parallel guesses would all pass) and given back when it was right.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Context } from 'koa';
import { purposeKeys } from '../../shared/crypto/secrets.js';
import type { LimitDecision } from '../../shared/limiter/limit.js';
import { addressSubject, emailSubject } from '../../shared/limiter/subjects.js';
import type { Services } from '../../shared/services.js';
import { type Attempt, takeLimits } from '../http/limits.js';

const rememberedMs = 365 * 86_400 * 1000;

export interface SignInAttempt {
  decision: LimitDecision;
  /** To be called when the password was right: gives the attempt back and marks this browser. */
  succeed(): Promise<void>;
}

/** Charges an attempt to sign in; the caller goes on only when `decision.allowed`. */
export async function attemptSignIn(services: Services, ctx: Context, email: string): Promise<SignInAttempt> {
  const mark = ctx.cookies.get(cookieName(services));
  const account = emailSubject(email);
  const browser = mark && isMarkFor(services, mark, account) ? `:${mark.split('.')[0]}` : '';
  const attempts: Attempt[] = [
    { limit: 'signInAccount', subject: account + browser },
    { limit: 'signInAddress', subject: addressSubject(ctx.ip) },
  ];
  return {
    decision: await takeLimits(services, attempts),
    async succeed() {
      await takeLimits(
        services,
        attempts.map((attempt) => ({ ...attempt, cost: -1 })),
      );
      if (browser === '') markBrowser(services, ctx, account);
    },
  };
}

/** The mark says "someone signed in to this account here", and to whoever reads it no more than that. */
function markBrowser(services: Services, ctx: Context, account: string): void {
  const id = randomBytes(12).toString('base64url');
  const [key] = purposeKeys(services.config, 'cookies');
  if (!key) return;
  ctx.cookies.set(cookieName(services), `${id}.${macOf(key, id, account)}`, {
    httpOnly: true,
    sameSite: 'lax',
    secure: isSecure(services),
    path: '/',
    maxAge: rememberedMs,
  });
}

function isMarkFor(services: Services, mark: string, account: string): boolean {
  const [id = '', mac = ''] = mark.split('.');
  return purposeKeys(services.config, 'cookies').some((key) => {
    const expected = Buffer.from(macOf(key, id, account));
    const given = Buffer.from(mac);
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}

const macOf = (key: Buffer, id: string, account: string): string =>
  createHmac('sha256', key).update(`known-browser:${id}:${account}`).digest('base64url');

const isSecure = ({ config }: Services): boolean => config.issuer.startsWith('https:');

const cookieName = (services: Services): string =>
  isSecure(services) ? '__Host-latchkey_known' : 'latchkey_known';
