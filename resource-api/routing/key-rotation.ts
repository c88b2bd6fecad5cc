/**
 * What every product has besides its documented routes: a key can replace itself, so that whoever holds it can
 * rotate without a person.
 */
import { z } from 'zod';
import { rotateOwnApiKey } from '../../shared/identity/api-keys/api-key-rolling.js';
import { type ProductApi, rotatedKeySchema } from './product-api.js';
import { reply } from './reply.js';
import { apiKey, post, type Route } from './route.js';

const rotation = z.object({ grace_seconds: z.int().min(0).optional() });

/** `POST /{product}/key/rotate`, in every product. */
export function keyRotationRoutes({
  describeRotatedKey = (members) => members,
  rotatedKeySchema: schema = rotatedKeySchema,
}: Pick<ProductApi, 'describeRotatedKey' | 'rotatedKeySchema'>): Route[] {
  const reference = {
    summary: 'Replace the API key that makes this call by a new one.',
    responses: { 201: schema },
    errors: ['conflict'],
  } as const;
  return [
    post('/key/rotate', { by: [apiKey()], body: rotation, idempotent: true, reference }, async (call) => {
      const { services, caller, body, address, userAgent, requestId } = call;
      const { id, key, predecessor } = await rotateOwnApiKey(
        services,
        caller.keyId,
        { graceSeconds: body.grace_seconds },
        { address, userAgent, requestId },
      );
      const previousKeyEndsAt = (predecessor.expiresAt ?? services.clock.now()).toISOString();
      return reply(201, describeRotatedKey({ id, key, previous_key_ends_at: previousKeyEndsAt }));
    }),
  ];
}
