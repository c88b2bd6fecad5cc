/**
 * The pool of Postgres connections. Timeouts are set here because a database that hangs must become an error
 * (and a 503) and never a request that waits for ever.
 */
import knex, { type Knex } from 'knex';
import pg from 'pg';
import { guardConnection, isIdle } from './pooled-connection.js';

// bigint columns count things that stay far below 2^53 (cents, sequence numbers): plain numbers are kinder.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

/** The oldest version of Postgres that is supported. */
const oldestPostgres = '14';

export interface DatabaseOptions {
  url: string;
  poolSize: number;
  /** Off behind a pooler that refuses startup parameters; `limitTransaction` then sets the timeouts. */
  startupParameters?: boolean;
  /**
   * Milliseconds until a statement without a response fails and its connection is closed. Longer than Postgres'
   * own `statement_timeout`: it is for a frozen Postgres or a cut network.
   */
  queryTimeoutMs?: number;
}

/** Milliseconds after which Postgres itself ends a statement, and a transaction that waits for its client. */
const timeouts = { statement_timeout: 15_000, idle_in_transaction_session_timeout: 30_000 };

/** Sets for one transaction the timeouts that a connection without startup parameters does not have. */
export async function limitTransaction(trx: Knex.Transaction): Promise<void> {
  const settings = Object.entries(timeouts);
  await trx.raw(`select ${settings.map(() => 'set_config(?, ?, true)').join(', ')}`, [
    ...settings.flatMap(([name, ms]) => [name, String(ms)]),
  ]);
}

/** Opens a pool; nothing connects before the first query. */
export function connectDatabase({
  url,
  poolSize,
  startupParameters = true,
  queryTimeoutMs = 20_000,
}: DatabaseOptions): Knex {
  return knex({
    client: 'pg',
    // Without it knex asks each new pool for the version, and forgets to close a connection that does not respond.
    version: oldestPostgres,
    connection: {
      connectionString: url,
      application_name: 'latchkey',
      connectionTimeoutMillis: 5_000,
      ...(startupParameters && timeouts),
      query_timeout: queryTimeoutMs,
      keepAlive: true,
    },
    pool: {
      min: 0,
      max: poolSize,
      idleTimeoutMillis: 30_000,
      afterCreate: guardConnection,
      validate: isIdle,
    },
    acquireConnectionTimeout: 10_000,
    // What knex would print is thrown as well, and goes to our own log from there.
    log: {
      warn: () => undefined,
      error: () => undefined,
      deprecate: () => undefined,
      debug: () => undefined,
    },
  });
}

/** Postgres' SQLSTATE for a broken unique constraint, which callers turn into a conflict of their own words. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  const failure = error as { code?: unknown; constraint?: unknown };
  return failure?.code === '23505' && (constraint === undefined || failure.constraint === constraint);
}

/**
 * SQLSTATEs after which the same request may succeed: lost connections (08, 57P0x, and 25P03 for a transaction that
 * was idle too long), exhausted resources such as a full disk (53), a statement that ran too long (57014), an error
 * of the storage (58030), and a transaction that had failed already (25P02).
 */
const unavailableCodes =
  /^(?:ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|08\w{3}|25P0[23]|53\w{3}|57014|57P0[1-5]|58030)$/;

/** Messages of pg and knex that have no code; knex puts the statement and a dash in front. */
const unavailableMessages =
  /(?:^| - )(?:Connection terminated[\w ]*|timeout expired|Query read timeout|Client (?:has encountered a connection error|was closed) and is not queryable|Transaction query already complete.*)$/;

/** SQLSTATEs and system errors of a connection that ended. */
const connectionCodes = /^(?:ECONNRESET|EPIPE|ETIMEDOUT|08\w{3}|57P0[1-5])$/;
const connectionMessages =
  /(?:^| - )(?:Connection terminated[\w ]*|Query read timeout|Client has encountered .*)$/;

/** Whether a statement was sent and its connection ended before the response: it may have taken effect. */
export function isConnectionLost(error: unknown): boolean {
  const failure = error as { code?: unknown; message?: unknown };
  if (typeof failure?.code === 'string') return connectionCodes.test(failure.code);
  return connectionMessages.test(String(failure?.message));
}

/** Whether a query failed because Postgres cannot serve it now, so that the response is 503 and not 500. */
export function isDatabaseUnavailable(error: unknown): boolean {
  const failure = error as { code?: unknown; name?: unknown; message?: unknown; errors?: unknown[] };
  if (typeof failure?.code === 'string' && unavailableCodes.test(failure.code)) return true;
  if (failure?.name === 'KnexTimeoutError') return true;
  if (Array.isArray(failure?.errors)) return failure.errors.some(isDatabaseUnavailable);
  return unavailableMessages.test(String(failure?.message));
}
