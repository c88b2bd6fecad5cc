/**
 * Makes sure that what package-lock.json names is in node_modules, so that `npm start` and `npm test`
 * are the only two commands a fresh clone needs. Plain JavaScript without a dependency: nothing else
 * can be counted on before it has run.
 *
 * npm writes what it installed to node_modules/.package-lock.json; comparing the two files takes
 * milliseconds. Two starts at a time in a fresh clone share one installation by a lock file.
 *
 * `npm install --no-save` rather than `npm ci`: it takes the same versions from the lock file and leaves that as it
 * is, but does not insist that the lock names the binaries of systems which the registry at hand does not have, and
 * it adds what is missing instead of starting from nothing under a server that runs.
 */
import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from './child.js';
import { root } from './root.js';

/** Installs what is missing. `dev`: also what only tests and checks need. Throws when npm fails. */
export async function ensureInstalled({ dev = false } = {}) {
  requireNode();
  if (isInstalled(dev)) return;
  const release = await lock();
  try {
    if (isInstalled(dev)) return;
    process.stderr.write('Installing dependencies …\n');
    const [command, before] = npmCommand();
    const flags = [
      '--no-save',
      '--no-fund',
      '--no-audit',
      '--loglevel=error',
      ...(dev ? ['--include=dev'] : []),
    ];
    const status = await run(command, [...before, 'install', ...flags], {
      cwd: root,
      // npm's words go to stderr: the standard output of `npm run -s cli` is one JSON object.
      stdio: ['ignore', 2, 2],
    });
    if (status !== 0) throw new Error(`npm install failed with status ${status}; see its message above.`);
  } finally {
    release();
  }
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new Error(`Latchkey needs Node 20.19 or newer; this is ${process.versions.node}.`);
}

function isInstalled(dev) {
  const wanted = readLock('package-lock.json');
  // The image has no lock file, and its node_modules was made with it.
  if (wanted === undefined) return true;
  // A linked node_modules belongs to another checkout: never install through the link.
  if (isLink(join(root, 'node_modules'))) return true;
  const present = readLock('node_modules/.package-lock.json');
  if (present === undefined) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '' || entry.link || (entry.dev && !dev)) return true;
    const found = present[path];
    if (found !== undefined) return found.version === entry.version;
    return (entry.optional || entry.devOptional) && !isForThisMachine(entry);
  });
}

/** Packages of binaries name the systems they are for; those with a C library of their own choice npm picks alone. */
function isForThisMachine({ os, cpu, libc }) {
  if (libc !== undefined || (os === undefined && cpu === undefined)) return false;
  return (os?.includes(process.platform) ?? true) && (cpu?.includes(process.arch) ?? true);
}

function readLock(path) {
  try {
    return JSON.parse(readFileSync(join(root, path), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

function isLink(path) {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}

/** Under `npm start` the same npm installs; else the one on the PATH. */
function npmCommand() {
  const cli = process.env.npm_execpath;
  return cli?.endsWith('npm-cli.js') ? [process.execPath, [cli]] : ['npm', []];
}

async function lock() {
  const name = createHash('sha256').update(root).digest('hex').slice(0, 16);
  const file = join(tmpdir(), `latchkey-install-${name}.lock`);
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (!isAlive(readHolder(file))) rmSync(file, { force: true });
    await sleep(200);
  }
}

function readHolder(file) {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return Number.NaN;
  }
}

function isAlive(pid) {
  // An empty file is one whose holder is just about to write: it counts as alive for the moment.
  if (pid === 0) return true;
  try {
    return Number.isInteger(pid) && process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}
