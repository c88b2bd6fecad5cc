/** The background jobs that either server can run. Those of one server alone stand in its own list. */
import { writeAnchors } from '../audit/audit-anchors.js';
import { remindKeyOwners } from '../identity/api-keys/api-key-reminders.js';
import { atomicJob, type JobHandlers, outwardJob } from '../jobs/handlers.js';
import { sendMailJob } from '../mail/transport.js';
import { cleanUp } from './cleanup.js';

export const sharedHandlers = {
  'mail.send': sendMailJob,
  // To a file as well as to the database; an anchor that is written twice is no worse than one.
  'audit.anchor': outwardJob(async (services) => void (await writeAnchors(services)), { cron: '0 * * * *' }),
  // Many transactions; a clean-up that runs again only finds less to do.
  'cleanup.run': outwardJob(async (services) => void (await cleanUp(services)), { cron: '12 * * * *' }),
  'keys.remind': atomicJob(async (services) => void (await remindKeyOwners(services)), {
    cron: '20 * * * *',
  }),
} satisfies JobHandlers;
