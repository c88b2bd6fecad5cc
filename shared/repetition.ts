/**
 * The same request twice within a moment. Some browsers and networks send a request two times, and people press a
 * button twice: who did something reads the same success when it arrives again, and nothing happens a second time.
 */
import type { Services } from './services.js';

/** For how long a repetition reads success, from the first time on. */
export const repetitionSeconds = 10;

/** Whether something happened so recently that the same request may be a repetition of it. */
export const happenedJustNow = ({ clock }: Pick<Services, 'clock'>, at: Date | null): boolean =>
  at !== null && clock.ms() - at.getTime() <= repetitionSeconds * 1000;
