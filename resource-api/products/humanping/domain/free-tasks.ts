/**
 * Free tasks of agents that nobody claimed. The house pays for a free task, and registering an agent proves nothing,
 * so all unclaimed agents of one network address (IPv6: of one /64) together get at most eleven in 24 hours. An agent
 * keeps its free tasks: one that cannot be used today can be used tomorrow, or once the agent is claimed.
 */
import { sqlFromNow, sqlNow } from '../../../../shared/clock.js';
import { addressSubject } from '../../../../shared/limiter/subjects.js';
import type { Services } from '../../../../shared/services.js';

/** By network address and 24 hours. */
const dailyFreeTasks = 11;
const daySeconds = 86_400;

/**
 * Counts one free task against the address that registered the agent and the one that asks now; false when either has
 * none left, and then nothing is counted. The advisory lock is held until the transaction ends, so that parallel
 * requests count one after the other.
 */
export async function takeUnclaimedFreeTask(
  tx: Services,
  addresses: readonly (string | null | undefined)[],
): Promise<boolean> {
  const known = addresses.filter((address) => typeof address === 'string');
  const subjects = [...new Set((known.length > 0 ? known : ['unknown']).map(addressSubject))].sort();
  for (const subject of subjects) {
    await tx.db.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`free-tasks:${subject}`]);
  }
  const used: Array<{ count: string }> = await tx
    .db('free_task_uses')
    .whereIn('subject', subjects)
    .where('taken_at', '>', sqlFromNow(tx, -daySeconds))
    .groupBy('subject')
    .count();
  const quota = dailyFreeTasks * tx.config.rateLimitFactor;
  if (used.some(({ count }) => Number(count) >= quota)) return false;
  await tx.db('free_task_uses').insert(subjects.map((subject) => ({ subject, taken_at: sqlNow(tx) })));
  return true;
}
