/**
 * Signing in with a code by mail. The JWT comes in the answer and in an `HttpOnly` cookie; signing out ends it for
 * good, in every process.
 */
import { z } from 'zod';
import { randomSecret } from '../../../shared/crypto/secrets.js';
import { sendSignInCode, signInWithCode } from '../../../shared/identity/sign-in/code-sign-in.js';
import { codeLifetimeSeconds } from '../../../shared/identity/sign-in/one-time-codes.js';
import { issueSessionJwt } from '../../../shared/identity/sign-in/session-jwts.js';
import { endSessionJwt } from '../../../shared/identity/sign-in/session-status.js';
import { personSubject } from '../../../shared/ids.js';
import { readCookie } from '../../credentials/presented.js';
import { sessionClaims } from '../../routing/caller.js';
import { reply } from '../../routing/reply.js';
import { anyone, type Call, jwt, post } from '../../routing/route.js';
import { success, successSchema } from './conventions.js';

const email = z.string().max(254);

/** Marks the browser that requested a code: it has tries of its own at that code. */
const browserCookie = 'agenthuman_code';

function readBrowser({ incoming }: Pick<Call, 'incoming'>): string | undefined {
  const value = readCookie(incoming.headers.cookie, browserCookie);
  return value !== undefined && /^[\w-]{20,100}$/.test(value) ? value : undefined;
}

const sessionCookie = ({ product }: Pick<Call, 'product'>): string => String(product.jwt?.cookie);

function cookie({ services }: Pick<Call, 'services'>, name: string, value: string, maxAge: number): string {
  const secure = services.config.apiUrl.startsWith('https:') ? '; Secure' : '';
  return `${name}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${maxAge}${secure}`;
}

const originOf = ({ address, userAgent, requestId }: Pick<Call, 'address' | 'userAgent' | 'requestId'>) => ({
  address,
  userAgent,
  requestId,
});

export const authRoutes = [
  post(
    '/v1/auth/otp',
    {
      by: anyone,
      limits: ['oneTimeCodes'],
      body: z.object({ email }),
      reference: {
        summary: 'Send a one-time code for signing in by email.',
        responses: { 200: successSchema({ message: z.string(), expires_in: z.int() }) },
      },
    },
    async (call) => {
      const browser = readBrowser(call) ?? randomSecret();
      await sendSignInCode(call.services, call.product, { ...call.body, browser }, originOf(call));
      return reply(
        200,
        success({ message: 'If the address can receive mail, a code is on its way.', expires_in: 600 }),
        { 'Set-Cookie': cookie(call, browserCookie, browser, codeLifetimeSeconds) },
      );
    },
  ),
  post(
    '/v1/auth/otp/verify',
    {
      by: anyone,
      body: z.object({ email, code: z.string().max(20) }),
      reference: {
        summary: 'Sign in with a one-time code.',
        responses: {
          200: successSchema({
            token: z.string(),
            expires_in: z.int(),
            user: z.strictObject({ id: z.string(), email: z.string(), name: z.string() }),
          }),
        },
        errors: ['wrong_password'],
      },
    },
    async (call) => {
      const { services, product, body } = call;
      const browser = readBrowser(call);
      const user = await signInWithCode(services, product, { ...body, browser }, originOf(call));
      const { token, expiresInSeconds } = await issueSessionJwt(services, product, {
        user,
        role: 'user',
        jti: user.signInId,
      });
      return reply(
        200,
        success({
          token,
          expires_in: expiresInSeconds,
          user: { id: personSubject(user.id), email: user.email, name: user.name },
        }),
        { 'Set-Cookie': cookie(call, sessionCookie(call), token, expiresInSeconds) },
      );
    },
  ),
  post(
    '/v1/auth/signout',
    {
      by: [jwt('user')],
      reference: { summary: 'Sign out.', responses: { 200: successSchema({ message: z.string() }) } },
    },
    async (call) => {
      await endSessionJwt(call.services, call.product, sessionClaims(call.caller), originOf(call));
      return reply(200, success({ message: 'Signed out' }), {
        'Set-Cookie': cookie(call, sessionCookie(call), '', 0),
      });
    },
  ),
];
