/**
 * Keeps a connection whose state is unknown out of the pool. pg's `query_timeout` ends the waiting for a response,
 * not the statement: the statement may still run, and a `BEGIN` that was given up on may open a transaction later.
 * Whatever is then sent on the same connection runs inside that transaction and is rolled back with it, although it
 * was reported as done. So a connection counts its unanswered queries: one that timed out stays counted for ever,
 * its connection is closed at once, and the pool hands out only a connection that is idle.
 */
import type pg from 'pg';

export interface PooledConnection extends pg.Client {
  /** Queries without a response. Never falls again for one that timed out. */
  unanswered: number;
}

type QueryCallback = (error: Error | null | undefined, result: pg.QueryResult) => void;
type Send = (config: pg.QueryConfig, callback: QueryCallback) => void;

/** Prepares a new connection (`afterCreate` of knex's pool). */
export function guardConnection(connection: PooledConnection, done: () => void): void {
  const send: Send = connection.query.bind(connection);
  const guarded: Send = (config, callback) => {
    connection.unanswered += 1;
    send(config, (error, result) => {
      // `end` closes the socket where a query is under way; Postgres rolls back what was open on it.
      if (isQueryTimeout(error)) void connection.end().catch(() => undefined);
      else connection.unanswered -= 1;
      callback(error, result);
    });
  };
  connection.unanswered = 0;
  connection.query = guarded as pg.Client['query'];
  done();
}

/** Whether a connection may be handed out (`validate` of knex's pool). Asks what the client knows: no round trip. */
export function isIdle(connection: PooledConnection): boolean {
  return connection.unanswered === 0 && connection.getTransactionStatus() === 'I';
}

function isQueryTimeout(error: Error | null | undefined): boolean {
  return error?.message === 'Query read timeout';
}
