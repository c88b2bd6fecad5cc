/** The database that a script works on: DATABASE_URL, or else the embedded one of the data folder. */
import type { Config } from '../shared/config.js';
import { openEmbeddedDatabase } from '../shared/embedded-postgres/database.js';
import type { Purpose } from '../shared/embedded-postgres/record.js';
import { checkDatabase } from '../shared/postgres/database-check.js';

export interface OpenDatabase {
  url: string;
  /** Without a pooler in between, for migrations. */
  directUrl: string;
  embedded: boolean;
  stop(): Promise<void>;
}

/** Throws a StartupError when the database cannot be used. */
export async function openDatabase(config: Config, purpose: Purpose): Promise<OpenDatabase> {
  if (config.databaseUrl !== undefined) {
    await checkDatabase(config.databaseUrl);
    return {
      url: config.databaseUrl,
      directUrl: config.databaseDirectUrl ?? config.databaseUrl,
      embedded: false,
      stop: async () => undefined,
    };
  }
  const { dataDir } = config;
  const { url, stop } = await openEmbeddedDatabase({ dataDir, purpose, notify: console.error });
  return { url, directUrl: url, embedded: true, stop };
}
