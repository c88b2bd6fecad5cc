/** The checks that need no database: types and lint, side by side. */
import { join } from 'node:path';
import { run } from './child.js';
import { root } from './root.js';

/** Runs a program of node_modules with this node. @returns {Promise<number>} its exit status */
export function runTool(path, args, options = {}) {
  return run(process.execPath, [join(root, 'node_modules', path), ...args], { cwd: root, ...options });
}

/** @returns {Promise<boolean>} whether both are clean */
export async function checkTypesAndLint() {
  const statuses = await Promise.all([
    runTool('typescript/bin/tsc', ['--noEmit']),
    runTool('@biomejs/biome/bin/biome', ['check', '.']),
  ]);
  return statuses.every((status) => status === 0);
}
