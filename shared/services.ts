/**
 * What every part of Latchkey stands on: configuration, database, Redis, logger, clock. Nothing else belongs
 * here. Domain functions take `services` first; inside a transaction they are handed the same object with `db`
 * replaced, so one function serves both.
 */
import type { Knex } from 'knex';
import { type Clock, systemClock } from './clock.js';
import { type Config, ConfigError } from './config.js';
import { DomainError } from './errors.js';
import { createLogger, type Logger } from './logger.js';
import { connectDatabase, isConnectionLost, limitTransaction } from './postgres/db.js';
import { createRedisLink, type RedisLink } from './redis/redis.js';

export interface Services {
  config: Config;
  /** The pool, or the transaction that the caller stands in. */
  db: Knex;
  redis: RedisLink;
  logger: Logger;
  clock: Clock;
  /** The state of the transaction that the caller is in; undefined outside one. */
  transaction?: TransactionState;
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
    db: connectDatabase({
      url: config.databaseUrl,
      poolSize: config.databasePoolSize,
      startupParameters: config.databaseStartupParameters,
    }),
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
  /**
   * Throws when it cannot be committed, and has then been rolled back. Throws `unavailable` with a message of its
   * own when Postgres did not respond to the COMMIT: whether it took effect is then unknown.
   */
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

/**
 * State of one transaction, shared by everything that runs in it. A module that collects something until the commit
 * adds an optional member by declaration merging.
 */
export interface TransactionState {
  lastTasks: LastTask[];
}

/** The state of a transaction that has just begun. */
export function createTransactionState(): TransactionState {
  return { lastTasks: [] };
}

/** Opens a transaction that the caller ends. Where the work has one scope, `inTransaction` is the way. */
export async function beginTransaction(services: Services): Promise<OpenTransaction> {
  const trx = await services.db.transaction();
  // knex hands out a transaction whose BEGIN failed; the reason is in this promise.
  if (trx.isCompleted()) await trx.executionPromise;
  if (!services.config.databaseStartupParameters) await limitTransaction(trx);
  const transaction = createTransactionState();
  const tasks: AfterTask[] = [];
  const tx: Services = {
    ...services,
    db: trx,
    transaction,
    afterCommit: (task) => void tasks.push(task),
  };
  // A connection that broke rolls back by itself; what went wrong before is the error to tell.
  const rollback = async () => void (await trx.rollback().catch(() => undefined));
  return {
    tx,
    rollback,
    async commit() {
      try {
        for (const task of transaction.lastTasks) await task(tx);
      } catch (error) {
        await rollback();
        throw error;
      }
      await commit(services, trx);
      await Promise.all(tasks.map((task) => runTask(services.logger, task)));
    },
  };
}

/** What a client is told when its COMMIT has no response. */
const commitUnknown =
  'It is unknown whether this request took effect. It may be repeated with the same Idempotency-Key; if it had none, check first.';

/** knex's record of a statement that it sent; its types promise rows. */
interface SentQuery {
  response?: { command?: string };
}

async function commit({ logger }: Services, trx: Knex.Transaction): Promise<void> {
  try {
    const sent = (await trx.commit()) as unknown as SentQuery | undefined;
    // knex settles `commit` also when it failed; the reason is in this promise.
    await trx.executionPromise;
    // Postgres does not refuse to commit a transaction in which a statement failed: it rolls back and says so here.
    if (sent?.response?.command === 'ROLLBACK') {
      throw Object.assign(new Error('a failed transaction was rolled back'), { code: '25P02' });
    }
  } catch (error) {
    if (!isConnectionLost(error)) throw error;
    logger.error({ err: error }, 'database.commit_unknown');
    throw new DomainError('unavailable', { message: commitUnknown, retryAfterSeconds: 5 });
  }
}

type AfterTask = () => void | Promise<void>;
type LastTask = (tx: Services) => Promise<void>;

/**
 * Runs `task` inside the caller's transaction when all its other work is done. For writes that many transactions
 * queue up for: they take their lock last and hold it for the shortest time.
 */
export function beforeCommit({ transaction }: Services, task: LastTask): void {
  if (!transaction) throw new Error('beforeCommit belongs inside inTransaction');
  transaction.lastTasks.push(task);
}

async function runTask(logger: Logger, task: AfterTask): Promise<void> {
  try {
    await task();
  } catch (error) {
    logger.error({ err: error }, 'a task after a commit failed');
  }
}
