/** What keeps webhooks tidy: lanes that nobody woke, deliveries whose time is over, and old entries of the log. */
import type { Knex } from 'knex';
import { sqlFromNow, sqlNow } from '../../shared/clock.js';
import type { CleanupTask } from '../../shared/maintenance/cleanup.js';
import type { Services } from '../../shared/services.js';
import { wakeLane } from './lanes.js';

const keptSeconds = 30 * 86_400;
/** A job that is only late gets this long before another one is made. */
const overdueSeconds = 30;

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

const isPending = (reference: string) => (query: Knex.QueryBuilder) =>
  void query.from('webhook_deliveries as d').whereRaw(`${reference} and d.state = 'pending'`);

/** What a paused endpoint has not fetched in time is given up; the log is forgotten after a month. */
export const webhookCleanupTasks: Readonly<Record<string, CleanupTask>> = {
  webhook_deliveries: (services, limit) => {
    const late = services
      .db('webhook_deliveries')
      .where({ state: 'pending' })
      .where('give_up_at', '<', sqlNow(services))
      .whereIn('endpoint_id', services.db('webhook_endpoints').whereNot('state', 'active').select('id'))
      .limit(limit)
      .select('id');
    return services
      .db('webhook_deliveries')
      .whereIn('id', late)
      .update({ state: 'failed', finished_at: sqlNow(services) });
  },
  webhook_events: ({ db, clock }, limit) => {
    const old = db('webhook_events as e')
      .where('created_at', '<', sqlFromNow({ db, clock }, -keptSeconds))
      .whereNotExists(isPending('d.event_id = e.id'))
      .limit(limit)
      .select('id');
    return db('webhook_events').whereIn('id', old).delete();
  },
  webhook_endpoints: ({ db, clock }, limit) => {
    const gone = db('webhook_endpoints').where('deleted_at', '<', sqlFromNow({ db, clock }, -keptSeconds));
    return db('webhook_endpoints').whereIn('id', gone.limit(limit).select('id')).delete();
  },
  webhook_lanes: ({ db }, limit) => {
    const idle = db('webhook_lanes as l')
      .where({ failures: 0, runner: null })
      .whereNotExists(isPending('d.lane_id = l.id'));
    return db('webhook_lanes').whereIn('id', idle.limit(limit).select('id')).delete();
  },
};

/** Forgets an erased account's endpoints with everything that was ever sent to them. */
export async function eraseWebhooks(tx: Services, accountId: string): Promise<void> {
  await tx.db('webhook_endpoints').where({ account_id: accountId }).delete();
  await tx.db('webhook_events').where({ account_id: accountId }).delete();
}
