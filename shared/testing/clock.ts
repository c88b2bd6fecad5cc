/**
 * The clock of a test file. Moving it moves `Date` for everything that the file loads, because oidc-provider and
 * jose read that, and SQL and Redis scripts by `offsetMs`. Timers do not look at `Date` and go on as before.
 */
import type { Clock } from '../clock.js';

export interface TestClock extends Clock {
  /** Moves the time forward. */
  advance(ms: number): void;
}

const RealDate = Date;
let offsetMs = 0;

const shiftedNow = () => RealDate.now() + offsetMs;

// A proxy rather than a subclass: dates made before and by others stay instances of `Date`.
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, self) =>
    Reflect.construct(target, args.length === 0 ? [shiftedNow()] : args, self),
  apply: () => new Date().toString(),
  get: (target, property, self) => (property === 'now' ? shiftedNow : Reflect.get(target, property, self)),
});

export const testClock: TestClock = {
  get offsetMs() {
    return offsetMs;
  },
  ms: () => Date.now(),
  seconds: () => Math.floor(Date.now() / 1000),
  now: () => new Date(),
  advance(ms) {
    offsetMs += ms;
  },
};
