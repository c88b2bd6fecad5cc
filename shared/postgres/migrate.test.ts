import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import knex from 'knex';
import { createTestDatabase } from '../testing/database.js';
import { checkMigrated } from './database-check.js';
import { migrateDown, migrateUp, migrationStatus } from './migrate.js';

const database = await createTestDatabase('template0');
const db = knex({ client: 'pg', connection: database.url });

afterAll(async () => {
  await db.destroy();
  await database.drop();
});

async function runMigrate(): Promise<{ status: number; output: string }> {
  const environment = { ...process.env, NODE_OPTIONS: '', DATABASE_URL: database.url };
  const child = spawn(process.execPath, ['scripts/run.js', 'scripts/migrate'], { env: environment });
  const [output, [status]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return { status, output };
}

test('of two processes that migrate at once, one does it and the other finds it done', async () => {
  const results = await Promise.all([runMigrate(), runMigrate()]);
  expect(results.map(({ status }) => status)).toEqual([0, 0]);
  const outputs = results.map(({ output }) => output.trim()).sort();
  expect(outputs[0]).toMatch(/^Migrated: 001-identity, /);
  expect(outputs[1]).toBe('The schema is up to date.');
});

test('migrations are named without an extension', async () => {
  const files = await readdir('migrations');
  const { applied, pending } = await migrationStatus(database.url);
  expect(applied).toEqual(files.map((file) => file.replace(/\.ts$/, '')).sort());
  expect(pending).toEqual([]);
});

test('each migration can be taken back and applied again', async () => {
  const { applied } = await migrationStatus(database.url);
  for (const name of [...applied].reverse()) expect(await migrateDown(database.url)).toEqual([name]);
  const { rows } = await db.raw("select tablename from pg_tables where schemaname = 'public'");
  expect(rows.map((row: { tablename: string }) => row.tablename).sort()).toEqual([
    'schema_migrations',
    'schema_migrations_lock',
  ]);
  await expect(checkMigrated(database.url)).rejects.toThrow('is not migrated (001-identity');
  expect(await migrateUp(database.url)).toEqual(applied);
});

test("a lock that a crash has left in knex's table stops nobody", async () => {
  await db('schema_migrations_lock').update({ is_locked: 1 });
  expect(await migrateUp(database.url)).toEqual([]);
});

test('a database of a newer version is refused, and serves this one all the same', async () => {
  await db('schema_migrations').insert({ name: '999-future', batch: 9, migration_time: new Date() });
  await expect(migrateUp(database.url)).rejects.toThrow(
    'migrated by a newer version of Latchkey (999-future)',
  );
  await expect(checkMigrated(database.url)).resolves.toBeUndefined();
});
