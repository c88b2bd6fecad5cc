/** `npm run build`: compiles to dist, and takes along what is not code (what browsers load). */
import { cpSync, rmSync } from 'node:fs';
import { extname, join } from 'node:path';
import { runTool } from './checks.js';
import { ensureInstalled } from './install.js';
import { root } from './root.js';

const rooms = ['auth-server', 'resource-api', 'shared'];
const notAssets = new Set(['.ts', '.tsx', '.md']);
const output = join(root, 'dist');

await ensureInstalled({ dev: true }).catch((error) => {
  console.error(error.message);
  process.exit(1);
});
rmSync(output, { recursive: true, force: true });
const status = await runTool('typescript/bin/tsc', ['-p', 'tsconfig.build.json']);
for (const room of rooms) {
  cpSync(join(root, room), join(output, room), {
    recursive: true,
    filter: (source) => !notAssets.has(extname(source)),
  });
}
process.exit(status);
