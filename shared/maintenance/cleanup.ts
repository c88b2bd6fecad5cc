/**
 * Takes out what is over. Each kind of row has a task that removes a bounded number at a time, in a transaction of
 * its own, so that nothing else waits; an advisory lock lets one process at a time remove anything, since two would
 * only be in each other's way. A new kind is a line in the list.
 */
import { pruneAudit } from '../audit/audit-retention.js';
import { sqlFromNow } from '../clock.js';
import { deleteOldKeyCalls } from '../identity/api-keys/key-calls.js';
import { deleteOldKeyUsage } from '../identity/api-keys/key-usage.js';
import { networkKnownDays } from '../identity/attempts/known-networks.js';
import { retentionSeconds } from '../identity/oauth/oidc-records.js';
import { deleteUnconfirmedAccounts } from '../identity/people/unconfirmed-accounts.js';
import { deleteOldDeadJobs } from '../jobs/dead-letters.js';
import { deleteOldMails } from '../mail/mail.js';
import { inTransaction, type Services } from '../services.js';

/** Removes at most `limit` rows and returns how many there were. */
export type CleanupTask = (services: Services, limit: number) => Promise<number>;

const daySeconds = 86_400;
const auditKeptDays = 365;

/** Rows whose time in `column` is over, some seconds after that. */
function expired(table: string, column = 'expires_at', keptSeconds = 0): CleanupTask {
  return async (services, limit) => {
    const { rowCount } = await services.db.raw(
      // The order makes the planner take the index; without it a large table may be scanned for every batch.
      'delete from ?? where ctid = any(array(select ctid from ?? where ?? < ? order by ?? limit ?))',
      [table, table, column, sqlFromNow(services, -keptSeconds), column, limit],
    );
    return rowCount;
  };
}

/** A client that registered itself and that nobody let in is forgotten after this long. */
const unusedClientDays = 7;

/** Never one that somebody has a grant for: its app could not register under the same id again. */
async function deleteUnusedRegistrations(services: Services, limit: number): Promise<number> {
  const { rowCount } = await services.db.raw(
    `delete from oauth_clients where id = any(array(
       select id from oauth_clients
       where self_registered and coalesce(last_used_at, created_at) < ?
         and not exists (select from grants where grants.client_id = oauth_clients.id)
       limit ?))`,
    [sqlFromNow(services, -unusedClientDays * daySeconds), limit],
  );
  return rowCount;
}

/** What is removed, and how long after its end. */
export const cleanupTasks: Readonly<Record<string, CleanupTask>> = {
  oidc_records: expired('oidc_records', 'expires_at', retentionSeconds),
  browser_sessions: expired('browser_sessions'),
  oauth_client_secrets: expired('oauth_client_secrets', 'expires_at', 30 * daySeconds),
  grants: expired('grants', 'expires_at', daySeconds),
  consents: expired('consents'),
  unused_clients: deleteUnusedRegistrations,
  unconfirmed_accounts: deleteUnconfirmedAccounts,
  // Kept for a while, so that someone who comes late is told "expired" and not "unknown".
  email_links: expired('email_links', 'expires_at', 30 * daySeconds),
  email_codes: expired('email_codes', 'expires_at', daySeconds),
  // Codes of the previous version.
  one_time_codes: expired('one_time_codes', 'expires_at', daySeconds),
  ended_jwts: expired('ended_jwts'),
  known_networks: expired('known_networks', 'seen_at', networkKnownDays * daySeconds),
  free_task_uses: expired('free_task_uses', 'taken_at', 2 * daySeconds),
  loop_invitations: expired('loop_invitations', 'expires_at', daySeconds),
  idempotent_answers: expired('idempotent_answers'),
  submitted_forms: expired('submitted_forms'),
  key_calls: deleteOldKeyCalls,
  key_usage: deleteOldKeyUsage,
  mails: deleteOldMails,
  dead_jobs: deleteOldDeadJobs,
  audit_events: (services, limit) =>
    pruneAudit(services, new Date(services.clock.ms() - auditKeptDays * daySeconds * 1000), limit),
};

/** Any number that nothing else in the database locks. */
const lockNumber = 7_035_117_284;

export interface CleanupOptions {
  tasks?: Readonly<Record<string, CleanupTask>>;
  batchRows?: number;
  /** Begins no further batch when this is over; the rest has time until the next run. */
  forSeconds?: number;
}

/**
 * Runs the tasks until nothing is left or the time is over. Returns how many rows of each kind are gone, undefined
 * when another process is at it. A task that fails holds up no other; its error is thrown at the end.
 */
export async function cleanUp(
  services: Services,
  { tasks = cleanupTasks, batchRows = 1000, forSeconds = 300 }: CleanupOptions = {},
): Promise<Record<string, number> | undefined> {
  const endAt = performance.now() + forSeconds * 1000;
  const removed: Record<string, number> = {};
  const failures: unknown[] = [];
  for (const [name, task] of Object.entries(tasks)) {
    removed[name] = 0;
    try {
      for (let rows = batchRows; rows >= batchRows && performance.now() < endAt; ) {
        const batch = await runAlone(services, (tx) => task(tx, batchRows));
        if (batch === undefined) return undefined;
        rows = batch;
        removed[name] += rows;
      }
    } catch (error) {
      services.logger.error({ err: error, task: name }, 'a clean-up failed');
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return removed;
}

/** The lock ends with the transaction, whatever happens to the process. */
function runAlone<T>(services: Services, work: (tx: Services) => Promise<T>): Promise<T | undefined> {
  return inTransaction(services, async (tx) => {
    const { rows } = await tx.db.raw('select pg_try_advisory_xact_lock(?) as alone', [lockNumber]);
    return rows[0].alone ? work(tx) : undefined;
  });
}
