/**
 * One clock. In production its offset is 0; a test moves it, and with it SQL, Redis scripts and JavaScript
 * together, so that no test ever sleeps. SQL never reads `now()` bare: it reads `sqlNow`, because rows that
 * several processes race for must be judged by the database's clock and not by each process's own.
 */
import type { Knex } from 'knex';

export interface Clock {
  /** Milliseconds that this clock is ahead of the machine's; 0 outside tests. */
  readonly offsetMs: number;
  /** Unix time in milliseconds. */
  ms(): number;
  /** Unix time in whole seconds, as OAuth and JWT count it. */
  seconds(): number;
  now(): Date;
}

export const systemClock: Clock = {
  offsetMs: 0,
  ms: () => Date.now(),
  seconds: () => Math.floor(Date.now() / 1000),
  now: () => new Date(),
};

/** The database's time on our clock, to be put into a query. */
export function sqlNow({ db, clock }: { db: Knex; clock: Clock }): Knex.Raw {
  return clock.offsetMs === 0
    ? db.raw('now()')
    : db.raw("(now() + ? * interval '1 millisecond')", [clock.offsetMs]);
}

/** The database's time at this very statement: `sqlNow` is the time at which its transaction began. */
export function sqlStatementTime({ db, clock }: { db: Knex; clock: Clock }): Knex.Raw {
  return db.raw("(clock_timestamp() + ? * interval '1 millisecond')", [clock.offsetMs]);
}

/** The database's time plus a number of seconds (negative for the past). */
export function sqlFromNow(services: { db: Knex; clock: Clock }, seconds: number): Knex.Raw {
  return services.db.raw("(now() + ? * interval '1 millisecond')", [
    services.clock.offsetMs + seconds * 1000,
  ]);
}
