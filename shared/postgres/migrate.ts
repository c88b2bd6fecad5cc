/**
 * The way of the schema. Migrations are named without their extension: 001-identity is the same migration as .ts
 * in a checkout and as .js in the image, and a database made by one can be carried on by the other.
 *
 * An advisory lock stands around every change, so that any number of machines may migrate at a time: the first
 * does the work, the others find it done. Postgres gives the lock up with the connection, whatever happens to
 * the process; knex's own lock is a row that a crash leaves behind, and is therefore freed under ours.
 */
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import knex, { type Knex } from 'knex';
import { StartupError } from '../startup-error.js';

interface Migration {
  up(db: Knex): Promise<void>;
  down(db: Knex): Promise<void>;
}

export interface MigrationStatus {
  applied: string[];
  pending: string[];
}

const folder = new URL('../../migrations/', import.meta.url);
const table = 'schema_migrations';
/** Any number that nothing else in the database locks. */
const lockNumber = 7_035_117_283;

/** Brings the schema up to the newest; names what it did. */
export function migrateUp(databaseUrl: string): Promise<string[]> {
  return underLock(databaseUrl, async (db) => {
    const [, applied] = await db.migrate.latest();
    return applied;
  });
}

/** Takes the newest migration back; names it, or nothing when there is none. */
export function migrateDown(databaseUrl: string): Promise<string[]> {
  return underLock(databaseUrl, async (db) => {
    const [, reverted] = await db.migrate.down();
    return reverted;
  });
}

/** Looks without changing anything. Migrations of a newer version than this one count as applied. */
export async function migrationStatus(databaseUrl: string): Promise<MigrationStatus> {
  const db = connectForMigrations(databaseUrl);
  try {
    const known = await listNames();
    const applied: string[] = (await db.schema.hasTable(table))
      ? await db(table).orderBy('id').pluck('name')
      : [];
    return { applied, pending: known.filter((name) => !applied.includes(name)) };
  } finally {
    await db.destroy();
  }
}

async function underLock<T>(databaseUrl: string, work: (db: Knex) => Promise<T>): Promise<T> {
  const db = connectForMigrations(databaseUrl);
  try {
    await refuseNewer(await migrationStatus(databaseUrl));
    return await db.transaction(async (lock) => {
      await lock.raw('select pg_advisory_xact_lock(?)', [lockNumber]);
      if (await db.schema.hasTable(`${table}_lock`)) await db.migrate.forceFreeMigrationsLock();
      return work(db);
    });
  } finally {
    await db.destroy();
  }
}

async function refuseNewer({ applied }: MigrationStatus): Promise<void> {
  const known = await listNames();
  const unknown = applied.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new StartupError(
    `The database was migrated by a newer version of Latchkey (${unknown.join(', ')}): use that one.`,
  );
}

/** A pool of its own: migrations may take longer than the timeouts that requests live under. */
export function connectForMigrations(databaseUrl: string): Knex {
  return knex({
    client: 'pg',
    connection: {
      connectionString: databaseUrl,
      application_name: 'latchkey-migrate',
      connectionTimeoutMillis: 5_000,
    },
    pool: { min: 0, max: 2 },
    migrations: { migrationSource: { getMigrations, getMigrationName, getMigration }, tableName: table },
  });
}

const getMigrations = () => listFiles();

const getMigrationName = (file: string): string => file.replace(/\.(ts|js)$/, '');

function getMigration(file: string): Promise<Migration> {
  return import(new URL(file, folder).href);
}

/** A migration by its name. Throws when this version does not have it. */
export async function loadMigration(name: string): Promise<Migration> {
  const file = (await listFiles()).find((candidate) => getMigrationName(candidate) === name);
  if (file === undefined) throw new StartupError(`This version of Latchkey has no migration ${name}.`);
  return getMigration(file);
}

async function listNames(): Promise<string[]> {
  return (await listFiles()).map(getMigrationName);
}

async function listFiles(): Promise<string[]> {
  const files = await readdir(fileURLToPath(folder));
  return files.filter((file) => /^\d{3}-[a-z0-9-]+\.(ts|js)$/.test(file)).sort();
}
