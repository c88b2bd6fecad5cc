/**
 * Hears of changes (shared/changes) on a Postgres connection of its own. LISTEN needs a session: where a pooler in
 * transaction mode is in front of the database, this connection must go around it (DATABASE_DIRECT_URL). Behind such
 * a pooler LISTEN succeeds and nothing is ever heard, so a heartbeat goes the whole way of a change: it is notified
 * over DATABASE_URL, as changes are, and must be heard here within its second.
 *
 * What is notified while nothing is heard is lost, so a cache must know when that is: `onLost` comes before anything
 * else happens, `onListening` when every later change will be heard again.
 */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { connectDatabase } from '../postgres/db.js';
import type { Services } from '../services.js';
import { changeChannel } from './changes.js';

const heartbeatMs = 1_000;
const heardWithinMs = 1_000;
const retryMs = 100;
const longestRetryMs = 1_000;
/** A pooler stays a pooler: there is no hurry to try again. */
const unheardRetryMs = 5_000;
const heartbeatPrefix = 'heartbeat:';

export interface ChangeHandlers {
  /** A subject changed (`key:…`, `account:…`; see changeSubject). */
  onChange(subject: string): void;
  onListening(): void;
  onLost(): void;
}

export interface ChangeListener {
  /** Settles when changes are heard for the first time, or at `close`. */
  listening: Promise<void>;
  close(): Promise<void>;
}

class HeartbeatUnheard extends Error {}

/** Begins to listen and keeps listening until closed. */
export function listenForChanges(
  { config, logger }: Pick<Services, 'config' | 'logger'>,
  handlers: ChangeHandlers,
): ChangeListener {
  const sender = connectDatabase({
    url: config.databaseUrl ?? '',
    poolSize: 1,
    startupParameters: config.databaseStartupParameters,
    queryTimeoutMs: heardWithinMs,
  });
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  /** The heartbeat under way. */
  let expected: { payload: string; onHeard(): void } | undefined;
  let heard = false;
  let warned = false;
  let failures = 0;
  let closed = false;
  let markListening: () => void = () => undefined;
  const listening = new Promise<void>((resolve) => {
    markListening = resolve;
  });

  function lose(lost: pg.Client, error: Error): void {
    if (client !== lost) return;
    client = undefined;
    clearTimeout(timer);
    lost.end().catch(() => undefined);
    if (closed) return;
    const unheard = error instanceof HeartbeatUnheard;
    if (heard) handlers.onLost();
    if (heard || (unheard && !warned)) {
      warned = true;
      const remedy = unheard
        ? 'notifications of the database do not arrive (a pooler in transaction mode?): set DATABASE_DIRECT_URL to the database itself; until then every credential is read from the database'
        : 'changes are not heard; credentials are read from the database';
      logger.warn({ reason: error.message }, remedy);
    }
    heard = false;
    failures += 1;
    timer = setTimeout(connect, unheard ? unheardRetryMs : Math.min(longestRetryMs, retryMs * failures));
  }

  function onNotification(payload: string): void {
    if (!payload.startsWith(heartbeatPrefix)) handlers.onChange(payload);
    else if (payload === expected?.payload) expected.onHeard();
  }

  /** Sends a heartbeat and waits until it is heard. Other processes hear it too, and pass over it. */
  async function exercise(): Promise<void> {
    const payload = heartbeatPrefix + randomUUID();
    let isHeard = false;
    const arrival = new Promise<void>((resolve) => {
      expected = {
        payload,
        onHeard: () => {
          isHeard = true;
          resolve();
        },
      };
    });
    await sender.raw('select pg_notify(?, ?)', [changeChannel, payload]);
    const deadline = new AbortController();
    const timeout = new Promise<void>((resolve) => {
      const waiting = setTimeout(() => setImmediate(resolve), heardWithinMs);
      deadline.signal.addEventListener('abort', () => clearTimeout(waiting));
    });
    await Promise.race([arrival, timeout]);
    deadline.abort();
    if (!isHeard) throw new HeartbeatUnheard('a heartbeat was sent and not heard');
  }

  async function beat(current: pg.Client): Promise<void> {
    await exercise();
    if (client === current) timer = setTimeout(tryBeat, heartbeatMs, current);
  }

  function tryBeat(current: pg.Client): void {
    beat(current).catch((error: Error) => lose(current, error));
  }

  async function connect(): Promise<void> {
    const current = new pg.Client({
      connectionString: config.databaseDirectUrl ?? config.databaseUrl,
      application_name: 'latchkey-changes',
      connectionTimeoutMillis: 5_000,
      query_timeout: heardWithinMs,
      keepAlive: true,
    });
    client = current;
    current.on('error', (error) => lose(current, error));
    current.on('end', () => lose(current, new Error('the connection was closed')));
    current.on('notification', ({ payload }) => {
      if (payload !== undefined && client === current) onNotification(payload);
    });
    try {
      await current.connect();
      await current.query(`listen ${changeChannel}`);
      await beat(current);
    } catch (error) {
      lose(current, error as Error);
      return;
    }
    if (closed || client !== current) return;
    if (failures > 0) logger.info('changes are heard again');
    failures = 0;
    warned = false;
    heard = true;
    handlers.onListening();
    markListening();
  }

  void connect();

  return {
    listening,
    async close() {
      closed = true;
      clearTimeout(timer);
      markListening();
      const last = client;
      client = undefined;
      await Promise.all([last?.end().catch(() => undefined), sender.destroy()]);
    },
  };
}
