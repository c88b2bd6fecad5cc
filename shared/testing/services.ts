/**
 * What a test file stands on: real services with a database and a Redis prefix of its own, and a clock that can
 * be moved. Call these at the top level of the file (`const { services } = await createTestServices()`): they
 * register their own end with `afterAll`.
 */
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, loadConfig } from '../config.js';
import { closeServices, createServices, type Services } from '../services.js';
import { type TestClock, testClock } from './clock.js';
import { createTestDatabase, requireVariable } from './database.js';

export interface TestServices {
  services: Services;
  clock: TestClock;
}

const endings: Array<() => Promise<unknown>> = [];

/** Ends something that uses services, before the services themselves end; the last registered ends first. */
export function whenFileEnds(task: () => Promise<unknown>): void {
  endings.push(task);
}

/** Settings of the process can be overridden one by one. */
export async function createTestServices(overrides: Partial<Config> = {}): Promise<TestServices> {
  const database = await createTestDatabase();
  const services = createServices({ ...testConfig(), databaseUrl: database.url, ...overrides }, testClock);
  afterAll(async () => {
    for (let task = endings.pop(); task; task = endings.pop()) await task();
    await closeServices(services);
    await database.drop();
    await rm(services.config.dataDir, { recursive: true, force: true });
  });
  await services.redis.settled;
  return { services, clock: testClock };
}

/** Nothing of the developer's own environment gets in, but `TEST_LOG_LEVEL`. */
function testConfig(): Config {
  const name = randomBytes(6).toString('hex');
  const config = loadConfig({
    SECRET_KEY: randomBytes(32).toString('hex'),
    DATA_DIR: join(tmpdir(), `latchkey-${name}`),
    LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
    // Port 0: startTestServers takes a free one and writes the real addresses into the configuration.
    AUTH_PORT: '0',
    API_PORT: '0',
  });
  return {
    ...config,
    redisUrl: requireVariable('TEST_REDIS_URL'),
    redisPrefix: `test:${name}:`,
    databasePoolSize: 10,
    bcryptCost: 4,
  };
}
