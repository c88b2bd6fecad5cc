/** `node scripts/run.js auth-server/main --flag` runs auth-server/main.ts with the arguments that follow. */
import { runEntry } from './entry.js';

const [entry, ...args] = process.argv.slice(2);
if (entry === undefined) {
  console.error(
    'usage: node scripts/run.js ENTRY [arguments], where ENTRY is a module such as auth-server/main',
  );
  process.exit(2);
}
process.argv.splice(1, process.argv.length - 1, entry, ...args);
await runEntry(entry);
