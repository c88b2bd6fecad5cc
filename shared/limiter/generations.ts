/**
 * Generations in Redis: the number of the latest change of a key, token, grant, client or account. They live
 * longer than any cached record, and only ever rise.
 */
import { products } from '../products/index.js';
import type { Services } from '../services.js';

/** Longer than the 60 seconds that a record may be cached. */
const generationTtlSeconds = 180;

/** The key of a generation; the hash tag is the product, so that one request needs one slot. */
export const generationKey = (prefix: string, product: string, subject: string): string =>
  `${prefix}{${product}}:gen:${subject}`;

/** Makes a change known to every process that asks Redis with its next request. */
export async function raiseGeneration(
  services: Services,
  subject: string,
  generation: number,
): Promise<void> {
  const { redis } = services;
  await redis.run(async (connection) => {
    const pipeline = connection.pipeline();
    for (const product of products) {
      pipeline.set(
        generationKey(redis.keyPrefix, product.id, subject),
        generation,
        'EX',
        generationTtlSeconds,
      );
    }
    return pipeline.exec();
  });
}
