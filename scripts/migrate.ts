/** `npm run migrate`: brings the schema of DATABASE_URL, or of the embedded database, up to the newest. */
import { loadConfig } from '../shared/config.js';
import { migrateUp } from '../shared/postgres/migrate.js';
import { runCommand } from './command.js';
import { openDatabase } from './open-database.js';

await runCommand(async () => {
  const database = await openDatabase(loadConfig(), 'command');
  try {
    const applied = await migrateUp(database.directUrl);
    console.log(applied.length === 0 ? 'The schema is up to date.' : `Migrated: ${applied.join(', ')}`);
  } finally {
    await database.stop();
  }
});
