/** What a benchmark stands on: a Postgres and a Redis of its own, as the tests have them. */
import { randomBytes } from 'node:crypto';
import { loadConfig } from '../../shared/config.js';
import { closeServices, createServices, type Services } from '../../shared/services.js';
import { createTestDatabase } from '../../shared/testing/database.js';
import startBackingServices from '../../shared/testing/global-setup.js';

export interface Environment {
  services: Services;
  close(): Promise<void>;
}

/** @param secret the SECRET_KEY of every contestant */
export async function openEnvironment(secret = randomBytes(32).toString('hex')): Promise<Environment> {
  await startBackingServices();
  const database = await createTestDatabase();
  const config = loadConfig({ SECRET_KEY: secret, LOG_LEVEL: 'silent' });
  const services = createServices({
    ...config,
    databaseUrl: database.url,
    redisUrl: process.env.TEST_REDIS_URL,
    rateLimitFactor: 1_000_000,
  });
  await services.redis.settled;
  return {
    services,
    async close() {
      await closeServices(services);
      await database.drop();
      globalThis.backingServices?.stdin?.end();
    },
  };
}
