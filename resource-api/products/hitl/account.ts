/** What a key is worth, and signing in for people who request. */
import { z } from 'zod';
import { DomainError } from '../../../shared/errors.js';
import { findUserById } from '../../../shared/identity/people/users.js';
import { issueSessionJwt } from '../../../shared/identity/sign-in/session-jwts.js';
import { endSessionJwt } from '../../../shared/identity/sign-in/session-status.js';
import { signIn } from '../../../shared/identity/sign-in/sign-in.js';
import { sessionClaims } from '../../routing/caller.js';
import { anyone, apiKey, get, jwt, post } from '../../routing/route.js';
import { done, doneSchema, isoTime } from './conventions.js';

const credentials = z.strictObject({ email: z.string(), password: z.string() });

export const accountRoutes = [
  get(
    '/v1/test',
    {
      by: [apiKey()],
      reference: {
        summary: 'Check an API key.',
        responses: {
          200: doneSchema({
            api_key_id: z.string(),
            user_id: z.string(),
            email: z.string(),
            account_status: z.enum(['active', 'disabled', 'erased']),
            rate_limit: z
              .strictObject({ limit: z.int(), remaining: z.int(), reset_at: z.iso.datetime() })
              .optional(),
            permissions: z.array(z.string()),
          }),
        },
      },
    },
    async ({ services, caller, product, usage }) => {
      const user = await findUserById(services, caller.accountId);
      if (!user) throw new DomainError('credential_unknown');
      const granted = caller.permissions;
      return done('API key is valid', {
        api_key_id: caller.keyId,
        user_id: user.id,
        email: user.email,
        account_status: user.status,
        rate_limit: usage && {
          limit: usage.quota,
          remaining: usage.remaining,
          reset_at: isoTime(new Date(usage.resetAtSeconds * 1000)),
        },
        permissions: product.permissions?.filter((name) => granted === null || granted.includes(name)),
      });
    },
  ),

  post(
    '/v1/api/auth/login',
    {
      by: anyone,
      limits: ['login'],
      body: credentials,
      reference: {
        summary: 'Sign in with email and password.',
        responses: {
          200: doneSchema({
            token: z.string(),
            expires_in: z.int(),
            user: z.strictObject({ id: z.string(), email: z.string(), name: z.string() }),
          }),
        },
        errors: ['wrong_password', 'email_not_verified'],
      },
    },
    async ({ services, product, body, address, userAgent, requestId }) => {
      const origin = { address, userAgent, requestId };
      const user = await signIn(services, { ...body, at: product.id }, origin);
      const { token, expiresInSeconds } = await issueSessionJwt(services, product, { user, role: 'user' });
      return done('Signed in successfully', {
        token,
        expires_in: expiresInSeconds,
        user: { id: user.id, email: user.email, name: user.name },
      });
    },
  ),

  post(
    '/v1/api/auth/signout',
    { by: [jwt()], reference: { summary: 'Sign out.', responses: { 200: doneSchema({}) } } },
    async ({ services, product, caller, address, userAgent, requestId }) => {
      const origin = { address, userAgent, requestId };
      await endSessionJwt(services, product, sessionClaims(caller), origin);
      return done('Signed out successfully', {});
    },
  ),
];
