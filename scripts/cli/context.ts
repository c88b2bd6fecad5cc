import { loadConfig } from '../../shared/config.js';
import type { Actor } from '../../shared/identity/people/users.js';
import { migrateUp } from '../../shared/postgres/migrate.js';
import { closeServices, createServices, type Services } from '../../shared/services.js';
import { openDatabase } from '../open-database.js';

/** What a command acts on. */
export interface Context {
  services: Services;
  /** Without a pooler in between, for migrations. */
  directUrl: string;
}

/** Who the audit log names for what the command line does. */
export const operator: Actor = { kind: 'operator', id: 'cli' };

/** Opens the database (starting the embedded one if it does not run), acts, and leaves it as it was found. */
export async function withContext<T>(
  needsSchema: boolean,
  act: (context: Context) => Promise<T>,
): Promise<T> {
  const config = loadConfig(undefined, { existing: true });
  const database = await openDatabase(config, 'command');
  try {
    // A database of one's own is brought up to date without asking; elsewhere that is the operator's decision.
    if (needsSchema && database.embedded) await migrateUp(database.directUrl);
    // Nothing but the result is to be read: the log keeps to what is wrong.
    const services = createServices({
      ...config,
      databaseUrl: database.url,
      databaseDirectUrl: database.directUrl,
      logLevel: 'error',
    });
    await services.redis.settled;
    try {
      return await act({ services, directUrl: database.directUrl });
    } finally {
      await closeServices(services);
    }
  } finally {
    await database.stop();
  }
}
