/**
 * What every part of Latchkey stands on: configuration, database, Redis, logger, clock. Nothing else belongs
 * here. Domain functions take `services` first; inside a transaction they are handed the same object with `db`
 * replaced, so one function serves both.
 */
import type { Knex } from 'knex';
import { type Clock, systemClock } from './clock.js';
import { type Config, ConfigError } from './config.js';
import { connectDatabase } from './db.js';
import { createLogger, type Logger } from './logger.js';
import { createRedisLink, type RedisLink } from './redis.js';

export interface Services {
  config: Config;
  /** The pool, or the transaction that the caller stands in. */
  db: Knex;
  redis: RedisLink;
  logger: Logger;
  clock: Clock;
  /** Runs once what was written is really there: at once outside a transaction, after its commit inside. */
  afterCommit(task: () => void | Promise<void>): void;
}

/** Connects lazily: an unreachable database shows at the first query, an unreachable Redis is only a warning. */
export function createServices(config: Config, clock: Clock = systemClock): Services {
  if (!config.databaseUrl) throw new ConfigError('DATABASE_URL is missing.');
  const logger = createLogger(config);
  return {
    config,
    logger,
    clock,
    db: connectDatabase({ url: config.databaseUrl, poolSize: config.databasePoolSize }),
    redis: createRedisLink({ url: config.redisUrl, keyPrefix: config.redisPrefix, logger }),
    afterCommit: (task) => runTask(logger, task),
  };
}

export async function closeServices(services: Services): Promise<void> {
  await services.redis.close();
  await services.db.destroy();
}

/**
 * Runs `work` in one transaction; joins the caller's if there is one. Tasks given to `afterCommit` run after the
 * commit and are forgotten on rollback.
 */
export async function inTransaction<T>(services: Services, work: (tx: Services) => Promise<T>): Promise<T> {
  if (services.db.isTransaction) return work(services);
  const tasks: Array<() => void | Promise<void>> = [];
  const result = await services.db.transaction((trx) =>
    work({ ...services, db: trx, afterCommit: (task) => void tasks.push(task) }),
  );
  await runTasks(services.logger, tasks);
  return result;
}

/** Runs what was put off until after a commit; a task that fails is logged and harms no other. */
export async function runTasks(
  logger: Logger,
  tasks: ReadonlyArray<() => void | Promise<void>>,
): Promise<void> {
  await Promise.all(tasks.map((task) => runTask(logger, task)));
}

async function runTask(logger: Logger, task: () => void | Promise<void>): Promise<void> {
  try {
    await task();
  } catch (error) {
    logger.error({ err: error }, 'a task after a commit failed');
  }
}
