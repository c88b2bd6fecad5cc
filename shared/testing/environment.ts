import { TestEnvironment as NodeEnvironment } from 'jest-environment-node';

const parent = process.ppid;
let watching = false;

/**
 * The environment of a test file, which is Jest's own. It is extended for one thing: a worker whose parent has been
 * killed ends, even when a test has left a server listening or a connection open.
 */
export default class TestEnvironment extends NodeEnvironment {
  override async setup(): Promise<void> {
    await super.setup();
    if (watching) return;
    watching = true;
    // Not the event "disconnect": listening for it would keep the worker alive at the end of an ordinary run.
    setInterval(() => process.ppid !== parent && process.exit(1), 500).unref();
  }
}
