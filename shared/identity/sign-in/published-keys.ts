/**
 * The public halves of our signing keys, as the resource API needs them. Every key that is published counts,
 * whichever state it is in: a token signed just before a rotation is as good as one signed just after.
 */
import type { JWK } from 'jose';
import type { Services } from '../../services.js';

/** The published key with this id; undefined for one that never was, or is no more. */
export async function findPublishedKey(services: Services, kid: string): Promise<JWK | undefined> {
  const row = await services.db('signing_keys').select('public_jwk').where({ kid }).first();
  return row?.public_jwk;
}
