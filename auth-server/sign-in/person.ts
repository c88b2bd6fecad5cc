/**
 * Who sits at this browser. There is one kind of session, oidc-provider's: signing in on our pages and signing in
 * on the way to an app are the same thing, and ending a session ends both.
 */
import type { Context } from 'koa';
import type { Provider } from 'oidc-provider';
import { sqlNow } from '../../shared/clock.js';
import type { Origin } from '../../shared/identity/people/origin.js';
import type { User } from '../../shared/identity/people/users.js';
import { endSessions } from '../../shared/identity/sign-in/browser-sessions.js';
import { personSubject } from '../../shared/ids.js';
import type { Services } from '../../shared/services.js';
import { findActivePerson } from '../oidc/accounts.js';

export const sessionSeconds = 14 * 86_400;

export interface SignedIn {
  user: User;
  sessionUid: string;
}

/** The person who is signed in here, or undefined. */
export async function findSignedIn(
  services: Services,
  provider: Provider,
  ctx: Context,
): Promise<SignedIn | undefined> {
  const session = await provider.Session.get(provider.createContext(ctx.req, ctx.res));
  const user = session.accountId ? await findActivePerson(services, session.accountId) : undefined;
  return user && { user, sessionUid: session.uid };
}

/**
 * Signs a person in at this browser, under a session id that was not known before (no fixation). Whoever was signed
 * in here is signed out: a session is one person's. Throws oidc-provider's `SessionNotFound` when the password was
 * changed since it was compared.
 */
export async function signIn(
  services: Services,
  provider: Provider,
  ctx: Context,
  user: User,
): Promise<void> {
  const context = provider.createContext(ctx.req, ctx.res);
  const accountId = personSubject(user.id);
  const found = await provider.Session.get(context);
  const other = found.accountId !== undefined && found.accountId !== accountId;
  if (other) await endSessions(services, { uid: found.uid });
  const session = other ? new provider.Session() : found;
  session.loginAccount({ accountId, amr: ['pwd'] });
  Object.assign(session, { credentialVersion: user.tokenVersion });
  session.resetIdentifier();
  await session.save(sessionSeconds);
  const secure = services.config.issuer.startsWith('https:');
  context.cookies.set(provider.cookieName('session'), session.jti, {
    signed: true,
    httpOnly: true,
    sameSite: 'lax',
    secure,
    path: '/',
    maxAge: sessionSeconds * 1000,
    overwrite: true,
  });
  await noteBrowser(services, ctx, session.uid);
}

/** Keeps where a session is used from, for the person's own list of sign-ins. */
export async function noteBrowser(services: Services, ctx: Context, sessionUid: string): Promise<void> {
  await services
    .db('browser_sessions')
    .where({ uid: sessionUid })
    .update({ address: ctx.ip, user_agent: ctx.get('user-agent').slice(0, 300), seen_at: sqlNow(services) });
}

/** Signs out at this browser. */
export async function signOut(services: Services, provider: Provider, ctx: Context): Promise<void> {
  const session = await provider.Session.get(provider.createContext(ctx.req, ctx.res));
  await endSessions(services, { uid: session.uid });
  ctx.cookies.set(provider.cookieName('session'), null, { path: '/' });
}

/** Where a request comes from, for the audit log; also for the context that oidc-provider makes of a request. */
export function originOf(ctx: Context): Origin {
  const requestId = ctx.response.get('x-request-id');
  return { address: ctx.ip, userAgent: ctx.get('user-agent').slice(0, 300), requestId };
}
