import { once } from 'node:events';

/** Closes the pipe that keeps the services of this run alive, and waits until they have cleaned up. */
export default async function stopBackingServices(): Promise<void> {
  const child = globalThis.backingServices;
  if (child === undefined || child.exitCode !== null) return;
  const exited = once(child, 'exit');
  child.stdin?.end();
  await exited;
}
