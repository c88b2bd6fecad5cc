/**
 * What taking back the newest migration would drop: its `down` runs in a transaction that is rolled back, and the
 * tables and columns before and after are compared. Takes the locks of the migration for that moment.
 */
import type { Knex } from 'knex';
import { connectForMigrations, loadMigration } from './migrate.js';

export interface DownPreview {
  /** The migration, such as 039-agent-requests. */
  name: string;
  tables: string[];
  /** `table.column`, of tables that stay. */
  columns: string[];
}

/** undefined when no migration is applied. Changes nothing. */
export async function previewDown(databaseUrl: string): Promise<DownPreview | undefined> {
  const db = connectForMigrations(databaseUrl);
  try {
    if (!(await db.schema.hasTable('schema_migrations'))) return undefined;
    const newest = await db('schema_migrations').orderBy('id', 'desc').first('name');
    if (newest === undefined) return undefined;
    const { down } = await loadMigration(newest.name);
    const trx = await db.transaction();
    try {
      const before = await listColumns(trx);
      await down(trx);
      return { name: newest.name, ...compare(before, await listColumns(trx)) };
    } finally {
      await trx.rollback();
    }
  } finally {
    await db.destroy();
  }
}

type Columns = Array<{ table: string; column: string }>;

async function listColumns(db: Knex): Promise<Columns> {
  const { rows } = await db.raw(
    `select table_name as "table", column_name as "column" from information_schema.columns
     where table_schema = current_schema() order by table_name, ordinal_position`,
  );
  return rows;
}

function compare(before: Columns, after: Columns): Pick<DownPreview, 'tables' | 'columns'> {
  const tablesAfter = new Set(after.map(({ table }) => table));
  const columnsAfter = new Set(after.map(({ table, column }) => `${table}.${column}`));
  const tables = [...new Set(before.map(({ table }) => table))].filter((table) => !tablesAfter.has(table));
  const columns = before
    .filter(({ table }) => tablesAfter.has(table))
    .map(({ table, column }) => `${table}.${column}`)
    .filter((name) => !columnsAfter.has(name));
  return { tables, columns };
}
