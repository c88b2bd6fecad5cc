/**
 * Writes many finished log lines at once. A line of the access log is put together from members that are known to be
 * harmless, so it needs no redaction, which costs twice as much as the rest of a line; and one write for many lines
 * costs a system call instead of many. Lines go to the logger's own destination.
 *
 * A batch is written 50 ms after its first line, when it is 64 kB long, and when the process exits. A process that is
 * killed (SIGKILL, out of memory) loses the lines of its last 50 ms.
 */
import { symbols } from 'pino';
import type { Logger } from './logger.js';

export interface LogBatch {
  /**
   * Adds a line of level info. `members` is the inside of a JSON object (`"status":200,"ms":1.5`); it must hold
   * nothing that could be a credential.
   */
  add(members: string): void;
  flush(): void;
  /** Writes what is left and stops. */
  close(): void;
}

const flushAfterMs = 50;
const flushAtCharacters = 65_536;

export function createLogBatch(logger: Logger): LogBatch {
  const destination = (logger as unknown as Record<symbol, { write(text: string): void }>)[symbols.streamSym];
  if (!logger.isLevelEnabled('info') || !destination) return silent;
  const bindings = JSON.stringify(logger.bindings()).slice(1, -1);
  const start = `{"level":${logger.levels.values.info},"time":"`;
  const afterTime = bindings === '' ? '",' : `",${bindings},`;
  let text = '';
  let timer: NodeJS.Timeout | undefined;
  let timeMs = 0;
  let time = '';

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (text === '') return;
    const batch = text;
    text = '';
    destination?.write(batch);
  }

  process.on('exit', flush);
  return {
    add(members) {
      const now = Date.now();
      if (now !== timeMs) {
        timeMs = now;
        time = new Date(now).toISOString();
      }
      text += `${start}${time}${afterTime}${members}}\n`;
      if (text.length >= flushAtCharacters) flush();
      else timer ??= setTimeout(flush, flushAfterMs).unref();
    },
    flush,
    close() {
      flush();
      process.off('exit', flush);
    },
  };
}

const nothing = (): void => undefined;
const silent: LogBatch = { add: nothing, flush: nothing, close: nothing };
