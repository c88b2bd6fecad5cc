/** `npm start` on a fresh clone: installs what is missing, then runs scripts/start/main.ts in this process. */
import { runEntry } from './entry.js';

await runEntry('scripts/start/main');
