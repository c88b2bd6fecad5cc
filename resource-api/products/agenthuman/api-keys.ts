/** Keys of the developer who is signed in. Deleting revokes at once and is remembered, so that the third 401 can be told. */
import { z } from 'zod';
import { DomainError } from '../../../shared/errors.js';
import { revokeApiKey, updateApiKey } from '../../../shared/identity/api-keys/api-key-changes.js';
import {
  type ApiKey,
  apiKeyState,
  createApiKey,
  getApiKey,
  listApiKeys,
} from '../../../shared/identity/api-keys/api-keys.js';
import type { Services } from '../../../shared/services.js';
import { displayName, instant } from '../../body/member-schemas.js';
import type { JwtCaller } from '../../routing/caller.js';
import { reply } from '../../routing/reply.js';
import { get, patch, post, remove } from '../../routing/route.js';
import { isoTime, signedIn, storedId, success, successSchema } from './conventions.js';

const newKey = z.strictObject({
  name: displayName,
  environment: z.enum(['live', 'test']),
  expires_at: instant.optional(),
});

const keySchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  environment: z.enum(['live', 'test']),
  prefix: z.string(),
  last_four: z.string(),
  status: z.enum(['active', 'disabled', 'revoked', 'expired', 'rolling']),
  created_at: z.iso.datetime(),
  last_used_at: z.iso.datetime().nullable(),
  expires_at: z.iso.datetime().nullable(),
});

const view = (key: ApiKey, now: Date): z.input<typeof keySchema> => ({
  id: `key_${key.id}`,
  name: key.name,
  environment: key.environment,
  prefix: key.prefix,
  last_four: key.lastFour,
  status: apiKeyState(key, now),
  created_at: isoTime(key.createdAt),
  last_used_at: key.lastUsedAt && isoTime(key.lastUsedAt),
  expires_at: key.expiresAt && isoTime(key.expiresAt),
});

const actorOf = (caller: JwtCaller) => ({ kind: 'person', id: caller.personId }) as const;

/** One's own key of this product that was not deleted. Throws `not_found`. */
async function ownKey(services: Services, caller: JwtCaller, product: string, id: string): Promise<ApiKey> {
  const key = await getApiKey(services, { id: storedId('key', id), accountId: caller.accountId });
  if (key.product !== product || key.status === 'revoked') {
    throw new DomainError('not_found', { message: 'API key not found' });
  }
  return key;
}

export const apiKeyRoutes = [
  get(
    '/v1/api-keys',
    {
      ...signedIn,
      reference: {
        summary: 'List API keys.',
        responses: { 200: successSchema({ api_keys: z.array(keySchema) }) },
      },
    },
    async ({ services, caller, product }) => {
      const keys = await listApiKeys(services, {
        accountId: caller.accountId,
        product: product.id,
        notRevoked: true,
      });
      const now = services.clock.now();
      return success({ api_keys: keys.map((key) => view(key, now)) });
    },
  ),
  post(
    '/v1/api-keys',
    {
      ...signedIn,
      body: newKey,
      idempotent: true,
      reference: {
        summary: 'Create an API key.',
        responses: {
          201: successSchema({ api_key: keySchema.extend({ key: z.string() }), message: z.string() }),
        },
        errors: ['conflict', 'email_not_verified'],
      },
    },
    async (call) => {
      const { services, caller, product, body } = call;
      const { id, key } = await createApiKey(
        services,
        {
          product,
          owner: { userId: caller.personId },
          environment: body.environment,
          name: body.name,
          expiresAt: body.expires_at,
        },
        actorOf(caller),
      );
      const made = view(await getApiKey(services, { id }), services.clock.now());
      return reply(
        201,
        success({ api_key: { ...made, key }, message: 'Copy the key now: it is not shown again.' }),
      );
    },
  ),
  patch(
    '/v1/api-keys/:id',
    {
      ...signedIn,
      body: z.strictObject({ name: displayName }),
      reference: { summary: 'Rename an API key.', responses: { 200: successSchema({ api_key: keySchema }) } },
    },
    async ({ services, caller, product, params, body }) => {
      const { id } = await ownKey(services, caller, product.id, params.id);
      const key = await updateApiKey(services, { id }, { name: body.name }, actorOf(caller));
      return success({ api_key: view(key, services.clock.now()) });
    },
  ),
  remove(
    '/v1/api-keys/:id',
    {
      ...signedIn,
      reference: {
        summary: 'Revoke an API key.',
        responses: { 200: successSchema({ message: z.string() }) },
      },
    },
    async ({ services, caller, product, params }) => {
      const { id } = await ownKey(services, caller, product.id, params.id);
      await revokeApiKey(services, { id }, actorOf(caller));
      return success({ message: 'API key revoked' });
    },
  ),
];
