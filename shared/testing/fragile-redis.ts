/** A Redis of one test's own that can be frozen, thawed, killed and started again empty on the same port. */
import { setTimeout as pause } from 'node:timers/promises';
import { watchOver } from '../embedded-postgres/watchdog.js';
import { startRedisServer } from './redis-server.js';

export interface FragileRedis {
  url: string;
  /** Stops the process as it is: it keeps its connections and answers nothing. */
  freeze(): void;
  /** Nothing happens to one that runs, or that was killed. */
  thaw(): void;
  kill(): Promise<void>;
  /** Starts an empty one where the killed one was. */
  restart(): Promise<void>;
}

export async function startFragileRedis(): Promise<FragileRedis> {
  let server = await startRedisServer();
  // A test file that fails before its hooks run, or a worker that is killed, leaves nothing behind.
  let watchdog = watchOver([server.pid]);
  const { url, port } = server;
  let killed = false;
  return {
    url,
    freeze: () => void process.kill(server.pid, 'SIGSTOP'),
    thaw() {
      if (!killed) process.kill(server.pid, 'SIGCONT');
    },
    async kill() {
      killed = true;
      await server.stop();
      watchdog.dismiss();
    },
    async restart() {
      server = await startRedisServer(port);
      killed = false;
      watchdog = watchOver([server.pid]);
    },
  };
}

/** Settles as soon as the condition holds; rejects when it does not within `withinMs`. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  withinMs = 5000,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`it did not come true: ${condition}`);
    await pause(5);
  }
}
