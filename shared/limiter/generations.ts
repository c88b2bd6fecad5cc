/**
 * Generations in Redis: the number of the latest change of a key, token, grant, client or account. They live
 * longer than any cached record, and only ever rise. Each product has its own copy, so that everything one request
 * asks for lies in one slot of a cluster.
 */
import { products } from '../products/index.js';
import type { Services } from '../services.js';
import { limiterOf } from './limiter.js';

/** Makes a change known to every process that asks Redis with its next request. */
export async function raiseGeneration(
  services: Services,
  subject: string,
  generation: number,
): Promise<void> {
  const groups = products.map((product) => product.id);
  await limiterOf(services).raise(groups, subject, generation);
}
