/**
 * Runs a TypeScript module of the project in this very process, which is what lets a signal reach the
 * server: no npm, no shell and no second node stands between.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureInstalled } from './install.js';
import { root } from './root.js';

/** `entry` is a path without extension, such as auth-server/main. Where the sources are absent, dist/*.js is meant. */
export async function runEntry(entry) {
  process.chdir(root);
  process.setSourceMapsEnabled(true);
  await ensureInstalled().catch((error) => {
    console.error(error.message);
    process.exit(1);
  });
  const source = join(root, `${entry}.ts`);
  if (!existsSync(source)) return import(pathToFileURL(join(root, 'dist', `${entry}.js`)).href);
  const { register } = await import('tsx/esm/api');
  register();
  return import(pathToFileURL(source).href);
}
