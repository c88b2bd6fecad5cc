/** `npm run check`: types, lint and architecture, all without services. */
import { checkTypesAndLint, runTool } from './checks.js';
import { ensureInstalled } from './install.js';

await ensureInstalled({ dev: true }).catch((error) => {
  console.error(error.message);
  process.exit(1);
});
const clean = await checkTypesAndLint();
const architecture = await runTool('jest/bin/jest.js', ['architecture'], {
  env: { ...process.env, TEST_SERVICES: 'none' },
});
process.exit(clean && architecture === 0 ? 0 : 1);
