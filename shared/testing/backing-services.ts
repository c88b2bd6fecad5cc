/**
 * One Postgres and one Redis for a run of tests, in a process of their own: it says where they are in one line
 * of JSON and stops when its standard input closes. That happens however the test run ends, so nothing is left
 * behind; a watchdog does the same should this process itself be killed.
 *
 * The Postgres is tuned for tests: nothing of it has to survive anything.
 */
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { findBinaries } from '../embedded-postgres/binaries.js';
import { createCluster, startCluster } from '../embedded-postgres/cluster.js';
import { canEnter, findDatabaseUser, type SystemUser } from '../embedded-postgres/system-user.js';
import { watchOver } from '../embedded-postgres/watchdog.js';
import { migrateUp } from '../postgres/migrate.js';
import { StartupError } from '../startup-error.js';
import { templateDatabase, urlOfDatabase } from './database.js';
import { startRedisServer } from './redis-server.js';

const settings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  autovacuum: 'off',
  max_connections: '400',
  shared_buffers: '256MB',
  jit: 'off',
};

async function main(): Promise<void> {
  const user = findDatabaseUser();
  const folder = await createFolder(user);
  let watchdog = watchOver([], folder);
  const temporaryFolder = join(folder, 'tmp');
  await mkdir(temporaryFolder, { mode: 0o711 });
  const binaries = await findBinaries(user, folder);
  const cluster = {
    folder: join(folder, 'postgres'),
    binaries,
    user,
    password: randomBytes(16).toString('hex'),
  };
  await createCluster(cluster, ['--no-sync']);
  const postgres = await startCluster(cluster, { settings, logFile: join(folder, 'postgres.log') });
  const redis = await startRedisServer();
  watchdog.dismiss();
  watchdog = watchOver([postgres.pid, redis.pid], folder);
  await createTemplate(postgres.url);

  const services = { postgresUrl: postgres.url, redisUrl: redis.url, temporaryFolder };
  process.stdout.write(`${JSON.stringify(services)}\n`);
  for await (const _ of process.stdin);
  await Promise.all([postgres.stop(), redis.stop()]);
  watchdog.dismiss();
  await rm(folder, { recursive: true, force: true });
}

/** The first temporary folder that the database's user can reach: root's own TMPDIR may be closed to it. */
async function createFolder(user: SystemUser | undefined): Promise<string> {
  for (const parent of [tmpdir(), '/tmp', '/var/tmp']) {
    const folder = await mkdtemp(join(parent, 'latchkey-test-'));
    await chmod(folder, 0o711);
    if (canEnter(user, folder)) return folder;
    await rm(folder, { recursive: true });
  }
  throw new StartupError('The tests need a temporary folder that the user of the database can reach.');
}

async function createTemplate(url: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(`create database ${templateDatabase}`);
  await client.end();
  await migrateUp(urlOfDatabase(url, templateDatabase));
}

await main().catch((error: unknown) => {
  console.error(error instanceof StartupError ? error.message : error);
  process.exit(1);
});
