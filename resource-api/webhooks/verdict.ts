/**
 * What an answer means, without touching anything: 2xx is success, 410 means never again, everything else (3xx
 * too, since no redirect is followed) is tried again after a wait that grows over three days. `Retry-After` may
 * lengthen a wait, up to a day.
 */
import { parseHttpDate } from '../../shared/http/http-date.js';

export interface Answer {
  status: number;
  headers: Record<string, string>;
  /** Its beginning. */
  body: string;
}

/** One attempt at a delivery: what was sent, and what came of it. */
export interface Attempt {
  at: Date;
  url: string;
  durationMs: number;
  requestHeaders: Record<string, string>;
  /** Absent when there was no answer; `problem` says why. */
  answer?: Answer;
  problem?: string;
}

export type Verdict =
  | { kind: 'delivered' }
  | { kind: 'gone' }
  | {
      kind: 'retry';
      afterSeconds: number;
      /** Seconds for which the receiver asked not to be called at all; 0 if it did not. */
      askedSeconds: number;
    };

/** Fourteen waits of together just under 72 hours. */
const waitsSeconds = [
  5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 21_600, 28_800, 36_000, 43_200, 50_400, 50_400,
];
const longestAskedSeconds = 86_400;
const longestPauseSeconds = 900;
/** A single message that a receiver chokes on should not hold up the others. */
const patience = 5;

/** @param failedBefore attempts that this delivery has behind it; `random` is in [0, 1) */
export function judge(attempt: Attempt, failedBefore: number, nowMs: number, random: number): Verdict {
  const status = attempt.answer?.status;
  if (status !== undefined && status >= 200 && status < 300) return { kind: 'delivered' };
  if (status === 410) return { kind: 'gone' };
  const wait = waitsSeconds[Math.min(failedBefore, waitsSeconds.length - 1)] ?? 0;
  const askedSeconds = retryAfterSeconds(attempt.answer?.headers['retry-after'], nowMs);
  return { kind: 'retry', afterSeconds: Math.max(wait * spread(random), askedSeconds), askedSeconds };
}

/**
 * How long a whole lane rests after a round without any success, in seconds; 0 for not at all. A receiver that gives
 * no answer is left alone at once, one that answers errors only once it has done nothing else for a while.
 */
export function laneRest(
  round: { attempt: Attempt; verdict: Verdict }[],
  failedRounds: number,
  random: number,
): number {
  const unanswered = round.some(({ attempt }) => attempt.answer === undefined);
  const asked = Math.max(
    ...round.map(({ verdict }) => (verdict.kind === 'retry' ? verdict.askedSeconds : 0)),
  );
  const doubling = Math.min(5 * 2 ** Math.min(failedRounds - 1, 20), longestPauseSeconds) * spread(random);
  return Math.max(unanswered || failedRounds >= patience ? doubling : 0, asked);
}

/** A fifth up or down, so that what failed together does not come back together. */
const spread = (random: number): number => 0.8 + random * 0.4;

/** RFC 9110 section 10.2.3: seconds, or a date. What is neither asks for nothing. */
function retryAfterSeconds(value: string | undefined, nowMs: number): number {
  if (value === undefined) return 0;
  const text = value.trim();
  const seconds = /^\d+$/.test(text) ? Number(text) : ((parseHttpDate(text, nowMs) ?? nowMs) - nowMs) / 1000;
  return Math.min(Math.max(seconds, 0), longestAskedSeconds);
}
