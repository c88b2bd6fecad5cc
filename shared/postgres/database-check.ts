/**
 * Before a process serves, its database is asked once whether it is there, new enough, and migrated. What is wrong
 * is said in one sentence, without the password that the address carries.
 */
import pg from 'pg';
import { StartupError } from '../startup-error.js';
import { migrationStatus } from './migrate.js';

const oldestVersion = 14;
const patienceMs = 5_000;

/** Throws a StartupError when the database cannot be used. */
export async function checkDatabase(databaseUrl: string, variable = 'DATABASE_URL'): Promise<void> {
  const place = describe(databaseUrl);
  const client = new pg.Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: patienceMs,
    query_timeout: patienceMs,
  });
  // An error between the answer and the end is one that the process will meet again, where it is handled.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query('show server_version_num');
    const version = Math.floor(Number(rows[0].server_version_num) / 10_000);
    if (version < oldestVersion) {
      throw new StartupError(
        `The database at ${place} is Postgres ${version}; Latchkey needs ${oldestVersion} or newer.`,
      );
    }
  } catch (error) {
    if (error instanceof StartupError) throw error;
    throw new StartupError(`The database at ${place} cannot be used (${reason(error)}): check ${variable}.`);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Throws a StartupError when a migration of this version has not been applied. */
export async function checkMigrated(databaseUrl: string): Promise<void> {
  const { pending } = await migrationStatus(databaseUrl);
  if (pending.length === 0) return;
  throw new StartupError(
    `The database at ${describe(databaseUrl)} is not migrated (${pending.join(', ')}): run "npm run migrate" first.`,
  );
}

function describe(databaseUrl: string): string {
  const { host, pathname } = new URL(databaseUrl);
  return `${host || 'localhost'}${pathname}`;
}

function reason(error: unknown): string {
  // Where a name has several addresses, Node reports one error for all, with an empty message.
  const first = error instanceof AggregateError ? error.errors[0] : error;
  return first instanceof Error ? first.message : String(first);
}
