import { migrateDown, migrateUp, migrationStatus } from '../../shared/postgres/migrate.js';
import { defineCommand, type Verbs } from './command.js';

const up = defineCommand({
  flags: {},
  needsSchema: false,
  run: async ({ databaseUrl }) => ({ applied: await migrateUp(databaseUrl) }),
});

const down = defineCommand({
  flags: {},
  needsSchema: false,
  run: async ({ databaseUrl }) => ({ reverted: await migrateDown(databaseUrl) }),
});

const status = defineCommand({
  flags: {},
  needsSchema: false,
  run: ({ databaseUrl }) => migrationStatus(databaseUrl),
});

export const verbs: Verbs = { up, down, status };
