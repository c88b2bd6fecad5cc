import { spawnSync } from 'node:child_process';
import { StartupError } from '../startup-error.js';

/**
 * Postgres refuses to run as root, so root lends it another user. An existing one is taken rather than a new
 * one made: `npm start` should change nothing on the machine beyond its own data folder.
 */
export interface SystemUser {
  uid: number;
  gid: number;
}

/** Undefined for an ordinary user, who runs Postgres as himself. */
export function findDatabaseUser(): SystemUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    const uid = readId('-u', name);
    const gid = readId('-g', name);
    if (uid !== undefined && gid !== undefined && uid !== 0) return { uid, gid };
  }
  throw new StartupError(
    'Postgres does not run as root, and this machine has neither a user "postgres" nor "nobody" to run it as: start as an ordinary user, or set DATABASE_URL.',
  );
}

function readId(flag: '-u' | '-g', name: string): number | undefined {
  const { status, stdout } = spawnSync('id', [flag, name], { encoding: 'utf8' });
  return status === 0 ? Number(stdout) : undefined;
}

/** Tries it as that user: mode bits alone would not tell of parents, access lists and mount options. */
export function canEnter(user: SystemUser | undefined, folder: string): boolean {
  return spawnSync('test', ['-x', folder], { ...user, cwd: '/' }).status === 0;
}
