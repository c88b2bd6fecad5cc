import { TestEnvironment as NodeEnvironment } from 'jest-environment-node';

/**
 * The environment of a test file, which is Jest's own. It is extended for one thing: a worker whose parent has been
 * killed ends, even when a test has left a server listening or a connection open.
 */
export default class TestEnvironment extends NodeEnvironment {
  override async setup(): Promise<void> {
    await super.setup();
    if (process.listenerCount('disconnect') === 0) process.once('disconnect', () => process.exit(1));
  }
}
