/**
 * Whether a process can serve, in the one shape of `GET /ready`. Only Postgres decides: without Redis limits are
 * counted in each process, and a load balancer that took every server out for it would make the outage whole.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Services } from '../services.js';

export interface Readiness {
  /** The HTTP status: 200, or 503 when Postgres cannot be used. */
  httpStatus: 200 | 503;
  body: {
    status: 'ready' | 'unavailable';
    database: 'up' | 'down';
    /** `none`: no REDIS_URL. */
    redis: 'up' | 'down' | 'none';
  };
}

/** Shorter than the usual probe waits, so that the reason is told instead of a timeout. */
const patienceMs = 2_000;

/** Asks Postgres; a Postgres that does not answer within two seconds counts as down. Never rejects. */
export async function checkReadiness({ db, redis }: Pick<Services, 'db' | 'redis'>): Promise<Readiness> {
  const asked = db.raw('select 1').then(
    () => true,
    () => false,
  );
  const timeout = new AbortController();
  const up = await Promise.race([asked, sleep(patienceMs, false, { signal: timeout.signal })]);
  timeout.abort();
  return {
    httpStatus: up ? 200 : 503,
    body: {
      status: up ? 'ready' : 'unavailable',
      database: up ? 'up' : 'down',
      redis: redis.enabled ? (redis.available ? 'up' : 'down') : 'none',
    },
  };
}
