/** The command line as a process of its own, beside the services of a test. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { Services } from '../../shared/services.js';

/** Runs one command against the database of `services`; `result` is what it printed, undefined when it failed. */
export async function runCli({ config }: Services, args: string[], environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, ['scripts/run.js', 'scripts/cli', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'test',
      DATABASE_URL: config.databaseUrl,
      SECRET_KEY: config.secretKeys.map((key) => key.toString('hex')).join(),
      DATA_DIR: config.dataDir,
      ...environment,
    },
  });
  const [output, errors, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  return { status, errors, result: output === '' ? undefined : JSON.parse(output) };
}
