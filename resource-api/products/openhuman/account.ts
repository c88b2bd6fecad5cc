/** Who a credential is, the plan behind it, and the keys of its account. */
import { z } from 'zod';
import { DomainError } from '../../../shared/errors.js';
import { revokeApiKey } from '../../../shared/identity/api-keys/api-key-changes.js';
import {
  type ApiKey,
  apiKeyState,
  apiKeysOf,
  getApiKey,
} from '../../../shared/identity/api-keys/api-keys.js';
import { makeKeyWithCredential } from '../../../shared/identity/key-by-credential.js';
import type { Actor } from '../../../shared/identity/people/users.js';
import { personSubject } from '../../../shared/ids.js';
import type { Product } from '../../../shared/products/product.js';
import { displayName, instant } from '../../body/member-schemas.js';
import { type AccessTokenCaller, type ApiKeyCaller, credentialIdOf } from '../../routing/caller.js';
import { reply } from '../../routing/reply.js';
import { accessToken, apiKey, get, post, remove } from '../../routing/route.js';
import { readPage } from '../paging.js';
import { isoTime, listBody, listSchema, needs, ownerOf, paging, readPaging } from './conventions.js';

const newKey = z.strictObject({
  name: displayName,
  scopes: z.array(z.string().max(100)).max(50).optional(),
  expires_at: instant.optional(),
});

const scopesOf = (caller: ApiKeyCaller | AccessTokenCaller, product: Product): readonly string[] =>
  caller.kind === 'accessToken' ? caller.scopes : (caller.permissions ?? product.permissions ?? []);

const meSchema = z.strictObject({
  id: z.string(),
  credential: z.enum(['api_key', 'access_token']),
  key_id: z.string().optional(),
  client_id: z.string().optional(),
  scopes: z.array(z.string()),
  plan: z.string(),
});

const planSchema = z.strictObject({ plan: z.string(), label: z.string(), requests_per_minute: z.int() });

const keySchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  prefix: z.string(),
  last_four: z.string(),
  scopes: z.array(z.string()),
  status: z.enum(['active', 'disabled', 'revoked', 'expired', 'rolling']),
  created_at: z.iso.datetime(),
  last_used_at: z.iso.datetime().nullable(),
  expires_at: z.iso.datetime().nullable(),
});

/** A key as it was just created: the only time that it is shown. */
const newKeySchema = keySchema.extend({ key: z.string() });

const view = (key: ApiKey, product: Product, now: Date): z.input<typeof keySchema> => ({
  id: `key_${key.id}`,
  name: key.name,
  prefix: key.prefix,
  last_four: key.lastFour,
  scopes: [...(key.permissions ?? product.permissions ?? [])],
  status: apiKeyState(key, now),
  created_at: isoTime(key.createdAt),
  last_used_at: key.lastUsedAt && isoTime(key.lastUsedAt),
  expires_at: key.expiresAt && isoTime(key.expiresAt),
});

function actorOf(caller: ApiKeyCaller | AccessTokenCaller): Actor {
  return { kind: caller.kind === 'apiKey' ? 'key' : 'client', id: credentialIdOf(caller) };
}

export const accountRoutes = [
  get(
    '/v1/me',
    {
      by: [apiKey(), accessToken()],
      reference: {
        summary: 'Get the credential that makes this call, and its account.',
        responses: { 200: meSchema },
      },
    },
    ({ caller, product }): z.input<typeof meSchema> => ({
      id: personSubject(ownerOf(caller)),
      credential: caller.kind === 'apiKey' ? 'api_key' : 'access_token',
      ...(caller.kind === 'apiKey' ? { key_id: `key_${caller.keyId}` } : { client_id: caller.clientId }),
      scopes: [...scopesOf(caller, product)],
      plan: caller.plan,
    }),
  ),

  get(
    '/v1/plan',
    {
      ...needs('admin'),
      reference: { summary: 'Get the plan of the account.', responses: { 200: planSchema } },
    },
    ({ caller }): z.input<typeof planSchema> => ({
      plan: caller.plan,
      label: caller.planDefinition.label,
      requests_per_minute: caller.planDefinition.requests,
    }),
  ),

  get(
    '/v1/api-keys',
    {
      ...needs('admin'),
      query: paging,
      reference: { summary: 'List API keys, the newest first.', responses: { 200: listSchema(keySchema) } },
    },
    async ({ services, caller, product, query }) => {
      const { limit, after } = readPaging(query);
      const keys = apiKeysOf(services, { accountId: ownerOf(caller), product: product.id });
      if (after !== undefined) {
        // Behind the key that the page before ended with; a cursor that was made up begins at the start.
        const before = services.db('api_keys').where({ id: after, account_id: ownerOf(caller) });
        keys.whereRaw('coalesce((created_at, id) < (?), true)', [before.select('created_at', 'id')]);
      }
      const page = await readPage<ApiKey>(services, keys, limit, ({ id }) => id);
      return listBody(page, (key) => view(key, product, services.clock.now()));
    },
  ),

  post(
    '/v1/api-keys',
    {
      ...needs('admin'),
      body: newKey,
      idempotent: true,
      reference: {
        summary: 'Create an API key.',
        responses: { 201: newKeySchema },
        errors: ['conflict', 'email_not_verified', 'insufficient_scope'],
      },
    },
    async ({ services, caller, product, body, address, userAgent, requestId }) => {
      refuseMoreThanOwn(body.scopes ?? product.permissions ?? [], scopesOf(caller, product));
      const { id, key } = await makeKeyWithCredential(
        services,
        product,
        caller.kind === 'apiKey' ? { keyId: caller.keyId } : { ...caller, userId: ownerOf(caller) },
        {
          name: body.name,
          permissions: body.scopes,
          expiresAt: body.expires_at,
        },
        { ...actorOf(caller), address, userAgent, requestId },
      );
      return reply(201, { ...view(await getApiKey(services, { id }), product, services.clock.now()), key });
    },
  ),

  remove(
    '/v1/api-keys/:id',
    { ...needs('admin'), reference: { summary: 'Revoke an API key.', responses: { 204: null } } },
    async ({ services, caller, params, product }) => {
      const ref = { id: params.id.replace(/^key_/, ''), accountId: ownerOf(caller) };
      const key = await getApiKey(services, ref);
      if (key.product !== product.id) throw new DomainError('not_found', { subject: 'key' });
      await revokeApiKey(services, ref, actorOf(caller));
      return reply(204);
    },
  ),
];

/** A credential makes no key that may do more than itself: `admin` is no way to the other scopes. */
function refuseMoreThanOwn(asked: readonly string[], own: readonly string[]): void {
  const more = asked.find((scope) => !own.includes(scope));
  if (more === undefined) return;
  throw new DomainError('insufficient_scope', {
    needed: more,
    message: `A key cannot be given the scope "${more}", which this credential does not have itself`,
  });
}
