/** The connections that the queue itself works with, beside the pool of everything else. It listens on one of them. */
import pg from 'pg';
import type { Services } from '../services.js';

/** A broken connection is the next query's error; without a listener it would be the end of the process. */
export function connectQueue({ config, logger }: Services, size: number): pg.Pool {
  const pool = new pg.Pool({
    connectionString: config.databaseDirectUrl ?? config.databaseUrl,
    application_name: 'latchkey-jobs',
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    max: size,
  });
  const warn = (error: Error) => logger.warn({ err: error }, 'a connection of the job queue broke');
  pool.on('error', warn);
  pool.on('connect', (client) => client.on('error', warn));
  return pool;
}
