import { migrateDown, migrateUp, migrationStatus } from '../../shared/postgres/migrate.js';
import { defineCommand, type Verbs } from './command.js';

const up = defineCommand({
  flags: {},
  needsSchema: false,
  run: async ({ directUrl }) => ({ applied: await migrateUp(directUrl) }),
});

const down = defineCommand({
  flags: {},
  needsSchema: false,
  run: async ({ directUrl }) => ({ reverted: await migrateDown(directUrl) }),
});

const status = defineCommand({
  flags: {},
  needsSchema: false,
  run: ({ directUrl }) => migrationStatus(directUrl),
});

export const verbs: Verbs = { up, down, status };
