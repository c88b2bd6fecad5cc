/** What waits: connections of the pool, jobs, mails and webhook deliveries. */
import type { Services } from '../services.js';
import { type Metric, registerMetrics, type Sample } from './metrics.js';

/** Registers them for a process. The queues are read from Postgres when the metrics are asked for. */
export function registerDatabaseMetrics(services: Services): void {
  registerMetrics(services, [...poolMetrics(services), ...queueMetrics(services)]);
}

interface Pool {
  numUsed(): number;
  numFree(): number;
  numPendingAcquires(): number;
}

function poolMetrics({ db }: Services): Metric[] {
  const pool: Pool = db.client.pool;
  return [
    {
      name: 'database_connections',
      help: 'Connections of the pool, by whether a request holds them.',
      type: 'gauge',
      labels: ['state'],
      read: () => [
        { labels: { state: 'used' }, value: pool.numUsed() },
        { labels: { state: 'free' }, value: pool.numFree() },
      ],
    },
    {
      name: 'database_connection_waiters',
      help: 'Work that waits for a connection of the pool.',
      type: 'gauge',
      read: () => [{ value: pool.numPendingAcquires() }],
    },
  ];
}

/** Members of the one row that `queueQuery` reads, with the metric that each is. */
const queues = {
  jobs_waiting: 'Jobs that are due and not taken.',
  job_oldest_age_seconds: 'How long the oldest due job has waited.',
  jobs_dead: 'Jobs that failed for good.',
  mails_waiting: 'Mails that are not sent yet.',
  webhook_deliveries_waiting: 'Webhook deliveries that are pending.',
  webhook_lag_seconds: 'Age of the oldest pending webhook delivery.',
} as const;

const queueQuery = `
  select
    count(*) filter (where attempts < max_attempts and locked_at is null and run_at <= now()) as jobs_waiting,
    coalesce(extract(epoch from now() - min(run_at) filter
      (where attempts < max_attempts and locked_at is null and run_at <= now())), 0)::float as job_oldest_age_seconds,
    count(*) filter (where attempts >= max_attempts and locked_at is null) as jobs_dead,
    (select count(*) from mails where state = 'queued') as mails_waiting,
    (select count(*) from webhook_deliveries where state = 'pending') as webhook_deliveries_waiting,
    (select coalesce(extract(epoch from now() - min(webhook_events.created_at)), 0)::float
     from webhook_deliveries join webhook_events on webhook_events.id = event_id
     where state = 'pending') as webhook_lag_seconds
  from graphile_worker._private_jobs`;

function queueMetrics({ db }: Services): Metric[] {
  let asked: Promise<Record<string, number>> | undefined;
  // All metrics are read in one turn: one query serves them.
  const ask = () => {
    asked ??= Promise.resolve(db.raw(queueQuery))
      .then(({ rows }) => rows[0])
      .finally(() => {
        asked = undefined;
      });
    return asked;
  };
  return Object.entries(queues).map(([name, help]) => ({
    name,
    help,
    type: 'gauge',
    read: async (): Promise<Sample[]> => [{ value: Number((await ask())[name]) }],
  }));
}
