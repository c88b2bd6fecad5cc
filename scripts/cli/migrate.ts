import { migrateDown, migrateUp, migrationStatus } from '../../shared/postgres/migrate.js';
import { previewDown } from '../../shared/postgres/migrate-preview.js';
import { StartupError } from '../../shared/startup-error.js';
import { defineCommand, type Verbs } from './command.js';
import { toggle } from './flags.js';

const up = defineCommand({
  flags: {},
  needsSchema: false,
  run: async ({ directUrl }) => ({ applied: await migrateUp(directUrl) }),
});

/** Takes the newest migration back, and with it the tables and columns that it made. */
const down = defineCommand({
  flags: { yes: toggle(), force: toggle() },
  needsSchema: false,
  async run({ services, directUrl }, { yes, force }) {
    if (services.config.production && !force) {
      throw new StartupError('This is a production: migrate down deletes data, and needs --force here.');
    }
    const preview = await previewDown(directUrl);
    if (preview === undefined) return { reverted: [], dropped: { tables: [], columns: [] } };
    const { name, ...dropped } = preview;
    if (!yes) {
      const losses = [...dropped.tables.map((table) => `table ${table}`), ...dropped.columns];
      throw new StartupError(
        `Taking back ${name} drops ${losses.join(', ') || 'no table and no column'}: add --yes to do it.`,
      );
    }
    return { reverted: await migrateDown(directUrl), dropped };
  },
});

const status = defineCommand({
  flags: {},
  needsSchema: false,
  run: ({ directUrl }) => migrationStatus(directUrl),
});

export const verbs: Verbs = { up, down, status };
