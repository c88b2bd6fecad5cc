import { webhookCleanupTasks } from '../../resource-api/webhooks/upkeep.js';
import { cleanUp, cleanupTasks } from '../../shared/maintenance/cleanup.js';
import { StartupError } from '../../shared/startup-error.js';
import { defineCommand, type Verbs } from './command.js';

/** Takes out what is over, as the servers do every hour by themselves. */
const cleanup = defineCommand({
  flags: {},
  async run({ services }) {
    const removed = await cleanUp(services, { tasks: { ...cleanupTasks, ...webhookCleanupTasks } });
    if (!removed) throw new StartupError('Another process is cleaning up right now.');
    return { removed };
  },
});

export const verbs: Verbs = { '': cleanup };
