/**
 * postmaster.pid is how Postgres itself keeps two servers off one data folder; it is read here to find a
 * running server, its port, and whether it accepts connections yet. Lines: 1 process, 2 data folder,
 * 4 port, 8 status (Postgres source: src/include/utils/pidfile.h).
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

export interface Postmaster {
  pid: number;
  port: number;
  ready: boolean;
}

/**
 * The server that runs on this data folder, if any. A file left by a crash whose process number now belongs
 * to another program (usual in containers, where numbers repeat) is removed: Postgres would trust it.
 */
export async function findPostmaster(folder: string): Promise<Postmaster | undefined> {
  const postmaster = await readPostmasterFile(folder);
  if (postmaster === undefined || !isAlive(postmaster.pid)) return undefined;
  if (readCommandLine(postmaster.pid).includes(folder)) return postmaster;
  await rm(join(folder, 'postmaster.pid'), { force: true });
  return undefined;
}

export async function readPostmasterFile(folder: string): Promise<Postmaster | undefined> {
  const text = await readFile(join(folder, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const pid = Math.abs(Number(lines[0]));
  if (!Number.isInteger(pid) || pid === 0) return undefined;
  return { pid, port: Number(lines[3] ?? 0), ready: (lines[7] ?? '').trim() === 'ready' };
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, as another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function readCommandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? '';
  }
}
