/**
 * DATA_DIR/postgres.json, readable by its owner only: the password and place of the embedded database, and who
 * runs it at the moment. It tells other processes how to reach the database and says nothing that must be
 * exact: which process may run a cluster is decided by Postgres' own lock.
 */
import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface DatabaseRecord {
  password: string;
  /** The cluster's folder: inside DATA_DIR, unless the database's user cannot reach that. */
  folder: string;
  owner?: DatabaseOwner;
}

export interface DatabaseOwner {
  /** The process that started the postmaster and will stop it. */
  pid: number;
  postmaster: number;
  /** A server keeps it running for others; a command stops it when done. */
  purpose: Purpose;
}

export type Purpose = 'serve' | 'command';

export async function findRecord(dataDir: string): Promise<DatabaseRecord | undefined> {
  try {
    return JSON.parse(await readFile(recordPath(dataDir), 'utf8')) as DatabaseRecord;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Of two starts at a time in a fresh folder one writes the record; both get that one. */
export async function createRecord(dataDir: string, record: DatabaseRecord): Promise<DatabaseRecord> {
  const draft = await writeDraft(dataDir, record);
  await link(draft, recordPath(dataDir)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(draft);
  return (await findRecord(dataDir)) ?? record;
}

export async function updateRecord(dataDir: string, record: DatabaseRecord): Promise<void> {
  await rename(await writeDraft(dataDir, record), recordPath(dataDir));
}

async function writeDraft(dataDir: string, record: DatabaseRecord): Promise<string> {
  const draft = `${recordPath(dataDir)}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  return draft;
}

function recordPath(dataDir: string): string {
  return join(dataDir, 'postgres.json');
}
