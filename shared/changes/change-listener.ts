/**
 * Hears of changes (shared/changes) on a Postgres connection of its own. LISTEN needs a session: where a pooler in
 * transaction mode stands in front of the database, this connection must go around it.
 *
 * What is notified while the connection is broken is lost, so whoever caches must know when that is: `onLost` comes
 * before anything else happens, `onListening` when every later change will be heard again. A connection can be dead
 * without saying so; a heartbeat finds that out.
 */
import pg from 'pg';
import type { Services } from '../services.js';
import { changeChannel } from './changes.js';

const heartbeatMs = 1_000;
const answerWithinMs = 1_000;
const retryMs = 100;
const longestRetryMs = 1_000;

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

/** Begins to listen and keeps listening until closed. */
export function listenForChanges(
  { config, logger }: Pick<Services, 'config' | 'logger'>,
  handlers: ChangeHandlers,
): ChangeListener {
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let heard = false;
  let failures = 0;
  let closed = false;
  let markListening: () => void = () => undefined;
  const listening = new Promise<void>((resolve) => {
    markListening = resolve;
  });

  function lose(lost: pg.Client, reason: string): void {
    if (client !== lost) return;
    client = undefined;
    clearTimeout(timer);
    lost.end().catch(() => undefined);
    if (closed) return;
    if (heard) {
      heard = false;
      logger.warn({ reason }, 'changes are not heard; credentials are read from the database');
      handlers.onLost();
    }
    failures += 1;
    timer = setTimeout(connect, Math.min(longestRetryMs, retryMs * failures));
  }

  async function beat(current: pg.Client): Promise<void> {
    await current.query('select 1');
    if (client === current) timer = setTimeout(tryBeat, heartbeatMs, current);
  }

  function tryBeat(current: pg.Client): void {
    beat(current).catch((error: Error) => lose(current, error.message));
  }

  async function connect(): Promise<void> {
    const current = new pg.Client({
      connectionString: config.databaseDirectUrl ?? config.databaseUrl,
      application_name: 'latchkey-changes',
      connectionTimeoutMillis: 5_000,
      query_timeout: answerWithinMs,
      keepAlive: true,
    });
    client = current;
    current.on('error', (error) => lose(current, error.message));
    current.on('end', () => lose(current, 'the connection was closed'));
    current.on('notification', ({ payload }) => {
      if (payload !== undefined && client === current) handlers.onChange(payload);
    });
    try {
      await current.connect();
      await current.query(`listen ${changeChannel}`);
    } catch (error) {
      lose(current, (error as Error).message);
      return;
    }
    if (closed || client !== current) return;
    if (failures > 0) logger.info('changes are heard again');
    failures = 0;
    heard = true;
    handlers.onListening();
    markListening();
    timer = setTimeout(tryBeat, heartbeatMs, current);
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
      await last?.end().catch(() => undefined);
    },
  };
}
