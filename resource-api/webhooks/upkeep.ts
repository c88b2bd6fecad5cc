/** What keeps webhooks tidy: lanes that nobody woke, deliveries whose time is over, and old entries of the log. */
import { sqlFromNow, sqlNow } from '../../shared/clock.js';
import type { Services } from '../../shared/services.js';
import { wakeLane } from './lanes.js';

const keptDays = 30;
/** A job that is only late gets this long before another one is made. */
const overdueSeconds = 30;
const batchSize = 2_000;

/** Wakes lanes with something overdue: their runner may have died, or its job may be a dead letter. */
export async function wakeOverdueLanes(services: Services): Promise<void> {
  const lanes: { id: string }[] = await services
    .db('webhook_deliveries as d')
    .join('webhook_endpoints as e', 'e.id', 'd.endpoint_id')
    .leftJoin('webhook_lanes as l', 'l.id', 'd.lane_id')
    .where({ 'd.state': 'pending', 'e.state': 'active' })
    .where('d.next_attempt_at', '<', sqlFromNow(services, -overdueSeconds))
    .whereRaw('coalesce(l.held_until <= ?, true)', [sqlNow(services)])
    .whereRaw('coalesce(l.resume_at <= ?, true)', [sqlNow(services)])
    .distinct({ id: 'd.lane_id' })
    .limit(1_000);
  for (const { id } of lanes) await wakeLane(services, id);
}

/** Gives up what has waited for a paused endpoint for three days, and forgets what is older than a month. */
export async function deleteOldWebhooks(services: Services): Promise<void> {
  const { db } = services;
  const before = sqlFromNow(services, -keptDays * 86_400);
  await db('webhook_deliveries')
    .where({ state: 'pending' })
    .where('give_up_at', '<', sqlNow(services))
    .whereIn('endpoint_id', db('webhook_endpoints').whereNot('state', 'active').select('id'))
    .update({ state: 'failed', finished_at: sqlNow(services) });
  const old = db('webhook_events as e')
    .where('created_at', '<', before)
    .whereNotExists((query) =>
      query.from('webhook_deliveries as d').whereRaw("d.event_id = e.id and d.state = 'pending'"),
    )
    .limit(batchSize)
    .select('id');
  // In portions that stay below the timeout of a statement.
  while ((await db('webhook_events').whereIn('id', old.clone()).delete()) === batchSize);
  await db('webhook_endpoints').where('deleted_at', '<', before).delete();
  await db('webhook_lanes as l')
    .where({ failures: 0, runner: null })
    .whereNotExists((query) =>
      query.from('webhook_deliveries as d').whereRaw("d.lane_id = l.id and d.state = 'pending'"),
    )
    .delete();
}

/** Forgets an erased account's endpoints with everything that was ever sent to them. */
export async function eraseWebhooks(tx: Services, accountId: string): Promise<void> {
  await tx.db('webhook_endpoints').where({ account_id: accountId }).delete();
  await tx.db('webhook_events').where({ account_id: accountId }).delete();
}
