/**
 * Watches commands in flight with one timer for all of them. When the oldest is overdue, the event loop gets one
 * more turn to read the socket before the verdict: after a stall of this process the answer is usually there. And
 * when the timer itself came late, the command gets that time on top, once: a machine that did not let this
 * process run may not have let Redis run either.
 */

export interface RedisDeadline {
  /** Settles as the answer does; rejects when it is given up on. */
  watch<T>(response: Promise<T>): Promise<T>;
  /** Gives up on everything in flight, at once. */
  abandon(): void;
}

interface Call {
  sentAt: number;
  excused: boolean;
  giveUp(): void;
}

/** A timer later than this tells of a machine under pressure, in milliseconds. */
const noticeableMs = 10;

/** `onOverdue` is called when a command has been without an answer for `timeoutMs`. */
export function createRedisDeadline(timeoutMs: number, onOverdue: () => void): RedisDeadline {
  const inFlight = new Set<Call>();
  let timer: NodeJS.Timeout | undefined;

  function oldest(): Call | undefined {
    for (const call of inFlight) return call;
    return undefined;
  }

  function arm(): void {
    const call = oldest();
    if (call && !timer) wake(call.sentAt + timeoutMs - performance.now());
  }

  function wake(delayMs: number): void {
    const dueAt = performance.now() + Math.max(1, delayMs);
    timer = setTimeout(() => {
      const lateMs = performance.now() - dueAt;
      setImmediate(() => judge(lateMs));
    }, delayMs);
  }

  function judge(lateMs: number): void {
    timer = undefined;
    const call = oldest();
    if (!call || performance.now() - call.sentAt < timeoutMs) {
      arm();
    } else if (lateMs < noticeableMs || call.excused) {
      onOverdue();
    } else {
      call.excused = true;
      wake(Math.min(lateMs, timeoutMs));
    }
  }

  return {
    watch<T>(response: Promise<T>): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        const call: Call = {
          sentAt: performance.now(),
          excused: false,
          giveUp: () => reject(new Error('Redis did not answer')),
        };
        inFlight.add(call);
        arm();
        response.then(
          (value) => {
            inFlight.delete(call);
            resolve(value);
          },
          (error) => {
            inFlight.delete(call);
            reject(error);
          },
        );
      });
    },
    abandon() {
      const given = [...inFlight];
      inFlight.clear();
      clearTimeout(timer);
      timer = undefined;
      for (const call of given) call.giveUp();
    },
  };
}
