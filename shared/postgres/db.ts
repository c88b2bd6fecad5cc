/**
 * The pool of Postgres connections. Timeouts are set here because a database that hangs must become an error
 * (and a 503) and never a request that waits for ever.
 */
import knex, { type Knex } from 'knex';
import pg from 'pg';

// bigint columns count things that stay far below 2^53 (cents, sequence numbers): plain numbers are kinder.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

export interface DatabaseOptions {
  url: string;
  poolSize: number;
  /** Longer than Postgres itself gives a statement: it ends what a frozen Postgres or a cut line would not. */
  answerWithinMs?: number;
}

/** Opens a pool; nothing connects before the first query. */
export function connectDatabase({ url, poolSize, answerWithinMs = 20_000 }: DatabaseOptions): Knex {
  return knex({
    client: 'pg',
    connection: {
      connectionString: url,
      application_name: 'latchkey',
      connectionTimeoutMillis: 5_000,
      statement_timeout: 15_000,
      query_timeout: answerWithinMs,
      idle_in_transaction_session_timeout: 30_000,
      keepAlive: true,
    },
    pool: { min: 0, max: poolSize, idleTimeoutMillis: 30_000 },
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

/** Errors of the connection and of a server that is starting, stopping or full, as opposed to errors of a query. */
const unavailableCodes =
  /^(?:ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|08\w{3}|53300|57P0[1-5])$/;

/** What pg says without a code; knex puts the statement and a dash in front. */
const unavailableWords = /(?:^| - )(?:Connection terminated[\w ]*|timeout expired|Query read timeout)$/;

/** Whether a query failed because Postgres is not there, so that the answer is "try again" and not "our fault". */
export function isDatabaseUnavailable(error: unknown): boolean {
  const failure = error as { code?: unknown; name?: unknown; message?: unknown; errors?: unknown[] };
  if (typeof failure?.code === 'string' && unavailableCodes.test(failure.code)) return true;
  if (failure?.name === 'KnexTimeoutError') return true;
  if (Array.isArray(failure?.errors)) return failure.errors.some(isDatabaseUnavailable);
  return unavailableWords.test(String(failure?.message));
}
