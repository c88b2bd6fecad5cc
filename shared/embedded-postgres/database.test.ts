import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { openEmbeddedDatabase } from './database.js';
import { isAlive } from './postmaster-file.js';

const dataDir = await mkdtemp(join(tmpdir(), 'latchkey-data-'));
await chmod(dataDir, 0o755);
const cluster = join(dataDir, 'postgres');

afterAll(() => rm(dataDir, { recursive: true, force: true }));

async function ask(url: string, question: string): Promise<string> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { rows } = await client.query({ text: question, rowMode: 'array' });
    return String(rows[0]);
  } finally {
    await client.end();
  }
}

async function readPid(): Promise<number> {
  return Number.parseInt(await readFile(join(cluster, 'postmaster.pid'), 'utf8'), 10);
}

test('a server has the data folder to itself; a command joins it and leaves it running', async () => {
  const database = await openEmbeddedDatabase({ dataDir, purpose: 'serve' });
  expect(database.startedHere).toBe(true);
  await expect(openEmbeddedDatabase({ dataDir, purpose: 'serve' })).rejects.toThrow(/^Latchkey already runs/);

  const joined = await openEmbeddedDatabase({ dataDir, purpose: 'command' });
  expect(joined).toMatchObject({ url: database.url, startedHere: false });
  await joined.stop();
  expect(await ask(database.url, 'select 1')).toBe('1');
  await database.stop();
  await expect(stat(join(cluster, 'postmaster.pid'))).rejects.toThrow('ENOENT');
});

test('it listens on 127.0.0.1 alone, asks for the password, and writes no statement to its log', async () => {
  const database = await openEmbeddedDatabase({ dataDir, purpose: 'command' });
  expect(await ask(database.url, 'show listen_addresses')).toBe('127.0.0.1');
  expect(await ask(database.url, 'show unix_socket_directories')).toBe('');
  const stranger = new URL(database.url);
  stranger.password = 'guessed';
  await expect(ask(stranger.href, 'select 1')).rejects.toThrow('password authentication failed');
  await expect(ask(database.url, "select 'a secret value'::int")).rejects.toThrow('invalid input syntax');
  expect(await readFile(join(dataDir, 'postgres.log'), 'utf8')).not.toContain('a secret value');
  await database.stop();
});

test('after a crash of everything the next start recovers what was committed', async () => {
  const first = await openEmbeddedDatabase({ dataDir, purpose: 'serve' });
  await ask(first.url, 'create table kept as select 42 as answer');
  const pid = await readPid();
  process.kill(pid, 'SIGKILL');
  while (isAlive(pid)) await nextTurn();
  const second = await openEmbeddedDatabase({ dataDir, purpose: 'serve' });
  expect(await ask(second.url, 'select answer from kept')).toBe('42');
  await second.stop();
});

test("a crash's left-over that names another program's process number is no obstacle", async () => {
  const first = await openEmbeddedDatabase({ dataDir, purpose: 'serve' });
  const file = await readFile(join(cluster, 'postmaster.pid'), 'utf8');
  await first.stop();
  await writeFile(join(cluster, 'postmaster.pid'), file.replace(/^\d+/, String(process.pid)));
  const second = await openEmbeddedDatabase({ dataDir, purpose: 'serve' });
  expect(await ask(second.url, 'select 1')).toBe('1');
  await second.stop();
});

test('two starts at once in a new folder: one runs it, the other is refused', async () => {
  const folder = join(dataDir, 'new');
  const results = await Promise.allSettled([
    openEmbeddedDatabase({ dataDir: folder, purpose: 'serve' }),
    openEmbeddedDatabase({ dataDir: folder, purpose: 'serve' }),
  ]);
  const [refused] = results.filter((result) => result.status === 'rejected');
  const [opened] = results.filter((result) => result.status === 'fulfilled');
  expect(refused?.reason.message).toMatch(/^Latchkey already runs/);
  expect(await ask(opened?.value.url ?? '', 'select 1')).toBe('1');
  await opened?.value.stop();
});

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10));
}
