/** A Redis of one test's own that can be frozen, thawed, killed and started again empty on the same port. */
import { setTimeout as pause } from 'node:timers/promises';
import { startRedisServer } from './redis-server.js';

export interface FragileRedis {
  url: string;
  /** Stops the process as it is: it keeps its connections and answers nothing. */
  freeze(): void;
  thaw(): void;
  kill(): Promise<void>;
  /** Starts an empty one where the killed one was. */
  restart(): Promise<void>;
}

export async function startFragileRedis(): Promise<FragileRedis> {
  let server = await startRedisServer();
  const { url, port } = server;
  return {
    url,
    freeze: () => void process.kill(server.pid, 'SIGSTOP'),
    thaw: () => void process.kill(server.pid, 'SIGCONT'),
    kill: () => server.stop(),
    async restart() {
      server = await startRedisServer(port);
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
