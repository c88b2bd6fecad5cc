/** The background jobs that either server can run. Those of one server alone stand in its own list. */
import { deleteOldMails } from '../mail/mail.js';
import { sendMailJob } from '../mail/transport.js';
import { deleteOldDeadJobs } from './dead-letters.js';
import { atomicJob, type JobHandlers } from './handlers.js';

export const sharedHandlers = {
  'mail.send': sendMailJob,
  'mail.cleanup': atomicJob(deleteOldMails, { cron: '12 * * * *' }),
  'jobs.cleanup': atomicJob(deleteOldDeadJobs, { cron: '13 * * * *' }),
} satisfies JobHandlers;
