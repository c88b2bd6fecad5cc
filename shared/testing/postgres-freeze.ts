/**
 * A Postgres that stops responding, as a paused virtual machine does: the server processes behind a pool's
 * connections are stopped (SIGSTOP) and keep their sockets. Other databases of the test server are not affected.
 */
import type { Knex } from 'knex';

export interface FreezablePostgres {
  /** Opens all connections of the pool, so that `freeze` knows every process behind them. */
  prepare(): Promise<void>;
  /** Stops these processes until `thaw`. */
  freeze(): void;
  thaw(): void;
}

/** Call it at the top level of a test file: each test ends with a thaw. */
export function freezablePostgres(db: Knex, poolSize: number): FreezablePostgres {
  let pids: number[] = [];
  let frozen = false;
  const thaw = () => {
    if (!frozen) return;
    frozen = false;
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  };
  afterEach(thaw);
  return {
    async prepare() {
      const transactions = await Promise.all(Array.from({ length: poolSize }, () => db.transaction()));
      const responses = await Promise.all(
        transactions.map((transaction) => transaction.raw('select pg_backend_pid() as pid')),
      );
      pids = responses.map(({ rows }) => rows[0].pid);
      await Promise.all(transactions.map((transaction) => transaction.rollback()));
    },
    freeze() {
      for (const pid of pids) process.kill(pid, 'SIGSTOP');
      frozen = true;
    },
    thaw,
  };
}
