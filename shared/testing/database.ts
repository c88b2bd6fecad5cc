/** A database of its own for a test file, cloned from the migrated template in some ten milliseconds. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';

export const templateDatabase = 'latchkey_template';

export interface TestDatabase {
  url: string;
  drop(): Promise<void>;
}

/** @param template an empty database without any table where it is `template0` */
export async function createTestDatabase(template = templateDatabase): Promise<TestDatabase> {
  const server = requireVariable('TEST_POSTGRES_URL');
  const name = `test_${randomBytes(8).toString('hex')}`;
  await execute(server, `create database ${name} template ${template}`);
  return {
    url: urlOfDatabase(server, name),
    drop: () => execute(server, `drop database ${name} with (force)`),
  };
}

export function urlOfDatabase(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}

/** The services' addresses come from the global setup, through the environment of the worker. */
export function requireVariable(name: 'TEST_POSTGRES_URL' | 'TEST_REDIS_URL'): string {
  const value = process.env[name];
  if (value === undefined)
    throw new Error(`${name} is not set: run the tests with "npm test" or "npx jest".`);
  return value;
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
