/** Starts the services of this run of tests (backing-services.ts) and tells the workers where they are. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

declare global {
  var backingServices: ChildProcess | undefined;
}

export default async function startBackingServices(): Promise<void> {
  // In a process group of its own: Ctrl-C ends the tests, and the closing pipe then ends the services.
  const child = spawn(process.execPath, ['scripts/run.js', 'shared/testing/backing-services'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  globalThis.backingServices = child;
  const lines = createInterface({ input: child.stdout });
  const [line] = await Promise.race([once(lines, 'line'), once(child, 'exit')]);
  if (typeof line !== 'string')
    throw new Error('The services for the tests did not start; see the line above.');
  const { postgresUrl, redisUrl, temporaryFolder } = JSON.parse(line);
  process.env.TEST_POSTGRES_URL = postgresUrl;
  process.env.TEST_REDIS_URL = redisUrl;
  // What a test leaves lying when it is killed goes with the services.
  process.env.TMPDIR = temporaryFolder;
}
