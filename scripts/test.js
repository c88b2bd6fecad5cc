/**
 * `npm test`: installs what is missing, then types, lint and every test. Exit status 0 only if all of it ran and
 * passed: a run without a test, or with a skipped one, has not. `npm test -- path` gives its arguments to Jest
 * and leaves types and lint out.
 *
 * Jest runs in this process: whatever ends this process ends the run, and nothing else has to pass it on.
 */
import { checkTypesAndLint } from './checks.js';
import { ensureInstalled } from './install.js';
import { root } from './root.js';

const args = process.argv.slice(2);
const everything = args.length === 0;
process.chdir(root);

await ensureInstalled({ dev: true }).catch((error) => {
  console.error(error.message);
  process.exit(1);
});
if (everything && !(await checkTypesAndLint())) {
  console.error('Types or lint are not clean; the tests were not run.');
  process.exit(1);
}
process.env.NODE_ENV ??= 'test';
const { buildArgv, runCLI } = await import('jest');
const { results } = await runCLI(await buildArgv(args), [root]);

const passed = results.numPassedTests;
// A file that does not load has no test that could fail, and is a failure all the same.
const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
const skipped = results.numPendingTests + results.numTodoTests;
if (passed === 0) console.error('No test ran.');
if (everything && skipped > 0) console.error(`${skipped} tests were skipped, so not everything ran.`);
console.log(`Tests: ${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(results.success && passed > 0 && (skipped === 0 || !everything) ? 0 : 1);
