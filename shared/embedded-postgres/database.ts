/**
 * The embedded database of a data folder, for whoever needs it: `npm start` runs it for as long as it serves;
 * a command (the CLI) joins the one that runs, or starts it, acts, and stops it. Postgres' own lock on the
 * cluster decides who runs it; what is here only waits, joins or says in one sentence why not.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, realpath, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StartupError } from '../startup-error.js';
import { findBinaries } from './binaries.js';
import { type Cluster, ClusterInUse, createCluster, formatUrl, startCluster } from './cluster.js';
import { findPostmaster, isAlive, type Postmaster } from './postmaster-file.js';
import { createRecord, type DatabaseRecord, findRecord, type Purpose, updateRecord } from './record.js';
import { canEnter, findDatabaseUser, type SystemUser } from './system-user.js';

export interface EmbeddedDatabase {
  url: string;
  /** False when another process runs it: it will stop it, too. */
  startedHere: boolean;
  /** Does nothing for a database that another process runs. */
  stop(): Promise<void>;
}

export interface OpenOptions {
  dataDir: string;
  purpose: Purpose;
  /** Told what takes longer than a blink. */
  notify?(message: string): void;
}

/** Where clusters and programs go that the database's user cannot reach in DATA_DIR and node_modules. */
const systemFolder = '/var/lib/latchkey';
/** A command holds the database for a moment; a server that has just been killed needs one to wind up. */
const waitMs = 30_000;
const retryMs = 100;
/** How long a ready postmaster may run without a living owner before it is taken for a left-over. */
const orphanMs = 3_000;

/** Throws a StartupError when another server runs in this data folder, or the database cannot be started. */
export async function openEmbeddedDatabase(options: OpenOptions): Promise<EmbeddedDatabase> {
  const user = findDatabaseUser();
  const dataDir = await openDataFolder(options.dataDir, user);
  const deadline = Date.now() + waitMs;
  let orphanSince: number | undefined;
  while (Date.now() < deadline) {
    const record = await findRecord(dataDir);
    const postmaster = record && (await findPostmaster(record.folder));
    if (record === undefined || postmaster === undefined) {
      const started = await start({ ...options, dataDir }, user, record);
      if (started !== undefined) return started;
      await sleep(retryMs);
      continue;
    }
    const owner = findOwner(record, postmaster);
    if (owner?.purpose === 'serve') {
      if (options.purpose === 'serve') {
        throw new StartupError(
          `Latchkey already runs with the data folder ${options.dataDir} (process ${owner.pid}): stop it first, or set DATA_DIR to another folder.`,
        );
      }
      if (postmaster.ready) {
        return { url: formatUrl(record, postmaster.port), startedHere: false, stop: async () => undefined };
      }
    }
    if (owner === undefined && postmaster.ready) {
      orphanSince ??= Date.now();
      if (Date.now() - orphanSince > orphanMs) process.kill(postmaster.pid, 'SIGINT');
    }
    await sleep(retryMs);
  }
  throw new StartupError(
    `The database in ${options.dataDir} is still held by another command after ${waitMs / 1000} s.`,
  );
}

function findOwner(record: DatabaseRecord, postmaster: Postmaster) {
  const { owner } = record;
  return owner?.postmaster === postmaster.pid && isAlive(owner.pid) ? owner : undefined;
}

/** Undefined when another process was quicker. */
async function start(
  { dataDir, purpose, notify }: OpenOptions,
  user: SystemUser | undefined,
  found: DatabaseRecord | undefined,
): Promise<EmbeddedDatabase | undefined> {
  const record = found ?? (await prepareRecord(dataDir, user));
  const binaries = await findBinaries(user, systemFolder);
  const cluster: Cluster = { folder: record.folder, binaries, user, password: record.password };
  if (!existsSync(join(record.folder, 'PG_VERSION'))) {
    notify?.(`preparing a Postgres database in ${record.folder}`);
    await createCluster(cluster);
  }
  try {
    const running = await startCluster(cluster, { logFile: join(dataDir, 'postgres.log') });
    const owner = { pid: process.pid, postmaster: running.pid, purpose };
    await updateRecord(dataDir, { ...record, owner });
    return { url: running.url, startedHere: true, stop: running.stop };
  } catch (error) {
    if (error instanceof ClusterInUse) return undefined;
    throw error;
  }
}

async function prepareRecord(dataDir: string, user: SystemUser | undefined): Promise<DatabaseRecord> {
  const folder = canEnter(user, dataDir) ? join(dataDir, 'postgres') : await prepareSystemFolder(dataDir);
  return createRecord(dataDir, { password: randomBytes(24).toString('hex'), folder });
}

/** One folder for each data folder. A cluster that is there without a record belonged to one since deleted. */
async function prepareSystemFolder(dataDir: string): Promise<string> {
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 16);
  const folder = join(systemFolder, name);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const cluster = join(folder, 'postgres');
  if ((await findPostmaster(cluster)) === undefined) await rm(cluster, { recursive: true, force: true });
  return cluster;
}

/** @returns the folder's real path, for the database works from another directory */
async function openDataFolder(path: string, user: SystemUser | undefined): Promise<string> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    // Secrets in it are files of mode 0600; another user's database needs to pass through, not to read.
    if (user !== undefined) await chmod(path, (await stat(path)).mode | 0o001);
    return await realpath(path);
  } catch (error) {
    throw new StartupError(`The data folder ${path} cannot be used: ${(error as Error).message}`);
  }
}
