import { listDeadJobs, retryDeadJob } from '../../shared/jobs/dead-letters.js';
import { defineCommand, type Verbs } from './command.js';
import { text } from './flags.js';

/** Background jobs that failed for good. */
const list = defineCommand({
  flags: {},
  async run({ services }) {
    return { dead: await listDeadJobs(services) };
  },
});

const retry = defineCommand({
  flags: { id: text('I') },
  async run({ services }, { id }) {
    await retryDeadJob(services, id);
    return { id };
  },
});

export const verbs: Verbs = { list, retry };
