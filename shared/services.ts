/**
 * What every part of Latchkey stands on: configuration, database, Redis, logger, clock. Nothing else belongs
 * here. Domain functions take `services` first; inside a transaction they are handed the same object with `db`
 * replaced, so one function serves both.
 */
import type { Knex } from 'knex';
import { type Clock, systemClock } from './clock.js';
import { type Config, ConfigError } from './config.js';
import { createLogger, type Logger } from './logger.js';
import { connectDatabase } from './postgres/db.js';
import { createRedisLink, type RedisLink } from './redis/redis.js';

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
  const { tx, commit, rollback } = await beginTransaction(services);
  let result: T;
  try {
    result = await work(tx);
  } catch (error) {
    await rollback();
    throw error;
  }
  await commit();
  return result;
}

export interface OpenTransaction {
  tx: Services;
  /** Throws when it cannot be committed, and has then been rolled back. */
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

/** Opens a transaction that the caller ends. Where the work has one scope, `inTransaction` is the way. */
export async function beginTransaction(services: Services): Promise<OpenTransaction> {
  const trx = await services.db.transaction();
  const lastTasks: LastTask[] = [];
  const tasks: AfterTask[] = [];
  lastTasksOf.set(trx, lastTasks);
  const tx: Services = { ...services, db: trx, afterCommit: (task) => void tasks.push(task) };
  // A connection that broke rolls back by itself; what went wrong before is the error to tell.
  const rollback = async () => void (await trx.rollback().catch(() => undefined));
  return {
    tx,
    rollback,
    async commit() {
      try {
        for (const task of lastTasks) await task(tx);
        await trx.commit();
      } catch (error) {
        await rollback();
        throw error;
      }
      await Promise.all(tasks.map((task) => runTask(services.logger, task)));
    },
  };
}

type AfterTask = () => void | Promise<void>;
type LastTask = (tx: Services) => Promise<void>;

const lastTasksOf = new WeakMap<Knex, LastTask[]>();

/**
 * Runs `task` inside the caller's transaction when all its other work is done. For writes that many transactions
 * queue up for: they take their lock last and hold it for the shortest time.
 */
export function beforeCommit(tx: Services, task: LastTask): void {
  const tasks = lastTasksOf.get(tx.db);
  if (!tasks) throw new Error('beforeCommit belongs inside inTransaction');
  tasks.push(task);
}

async function runTask(logger: Logger, task: AfterTask): Promise<void> {
  try {
    await task();
  } catch (error) {
    logger.error({ err: error }, 'a task after a commit failed');
  }
}
