/**
 * Decides, and changes nothing. The Lua script says the same in Redis (script.ts); a property test holds the two
 * against each other, so a change here is a change there.
 */
import { type LimitCheck, type LimitDecision, type Usage, windowEndMs } from './limit.js';

/** How much of a window is used, and when it ends (Unix milliseconds). */
export interface Count {
  used: number;
  endsAtMs: number;
}

/**
 * The count that holds now. A window that ended counts nothing. One that would end later than a window begun now
 * is cut to that: the clock went back, or the limit was changed, and nobody shall wait longer than one window.
 */
export function currentCount(stored: Count | undefined, window: LimitCheck['window'], nowMs: number): Count {
  const endsAtMs = windowEndMs(window, nowMs);
  if (!stored || stored.endsAtMs <= nowMs) return { used: 0, endsAtMs };
  return { used: stored.used, endsAtMs: Math.min(stored.endsAtMs, endsAtMs) };
}

/** Whether a call fits. A cost of 0 asks whether one more would; giving back always fits. */
export function fits({ cost = 1, quota }: LimitCheck, used: number): boolean {
  return cost < 0 || used + Math.max(cost, 1) <= quota;
}

/** Whether a count read some time ago is reason enough to refuse: a window only fills, unless calls are given back. */
export function staysFull(checks: readonly LimitCheck[], counts: readonly Count[]): boolean {
  return checks.some((check, index) => !check.mayEmpty && !fits(check, counts[index]?.used ?? 0));
}

/** The count after a call that was allowed. */
export function usedAfter({ cost = 1 }: LimitCheck, used: number): number {
  return Math.max(0, used + cost);
}

/** A call passes all its limits or none is charged. */
export function allFit(checks: readonly LimitCheck[], counts: readonly Count[]): boolean {
  return checks.every((check, index) => fits(check, counts[index]?.used ?? 0));
}

export function describeUsage(
  { name, subject, quota, window }: Pick<Usage, 'name' | 'subject' | 'quota' | 'window'>,
  { used, endsAtMs }: Count,
  nowMs: number,
): Usage {
  return {
    name,
    subject,
    quota,
    used,
    remaining: Math.max(0, quota - used),
    window,
    resetAtSeconds: Math.ceil(endsAtMs / 1000),
    waitSeconds: Math.max(1, Math.ceil((endsAtMs - nowMs) / 1000)),
  };
}

/** Of the limits that refuse, the one that a client has to wait for longest. */
export function longestWait(refusing: Usage[]): Usage | undefined {
  return refusing.reduce<Usage | undefined>(
    (longest, usage) => (longest && longest.resetAtSeconds >= usage.resetAtSeconds ? longest : usage),
    undefined,
  );
}

/** The decision of windows alone; `counts` are those after charging. */
export function describeDecision(
  checks: readonly LimitCheck[],
  counts: readonly Count[],
  allowed: boolean,
  nowMs: number,
  source: LimitDecision['source'],
): LimitDecision {
  const usages = checks.map((check, index) => {
    const count = counts[index] ?? currentCount(undefined, check.window, nowMs);
    return describeUsage(check, count, nowMs);
  });
  if (allowed) return { allowed, usages, stale: [], source };
  const refusing = usages.filter((usage, index) => {
    const check = checks[index];
    return check !== undefined && !fits(check, usage.used);
  });
  return { allowed, refusedBy: longestWait(refusing), usages, stale: [], source };
}
