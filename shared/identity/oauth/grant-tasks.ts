/**
 * What the end of a grant means for work that was asked for under it. A human who takes consent back is not to find
 * a task from that app afterwards, so whatever they have not accepted yet goes in the same transaction. What they
 * have accepted stays theirs to finish or to give up.
 */
import { sqlNow } from '../../clock.js';
import type { Services } from '../../services.js';

/** Cancels tasks that still wait for the human. Call it in the transaction that ended the grants, after their rows are gone. */
export async function cancelTasksOfGrants(tx: Services, grantIds: readonly string[]): Promise<void> {
  if (grantIds.length === 0) return;
  await tx
    .db('dispatched_tasks')
    .whereIn('grant_id', grantIds)
    .whereIn('status', ['queued', 'offered'])
    .update({
      status: 'cancelled',
      status_reason: 'consent_revoked',
      updated_at: sqlNow(tx),
      finished_at: sqlNow(tx),
    });
}
