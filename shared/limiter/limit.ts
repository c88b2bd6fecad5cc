/**
 * The words of limits. A limit counts what one subject did in one window; a subject already says what it is
 * about ("key:…", "account:…", "address:…"), so that two limits never share a counter by accident.
 */

export type Window =
  /** Begins with the first call and lasts a number of seconds. */
  | { kind: 'fixed'; seconds: number }
  /** The hour of the UTC clock, from :00 to :00. */
  | { kind: 'clockHour' }
  /** No window: so many at a time, each held by a lease. */
  | { kind: 'held' };

export interface LimitCheck {
  /** Names the limit in its product; shown to clients as the policy's name. */
  name: string;
  subject: string;
  /** How much one window allows, before RATE_LIMIT_FACTOR. */
  quota: number;
  window: Exclude<Window, { kind: 'held' }>;
  /**
   * What this call takes, 1 if not given. 0 asks whether anything is left, and takes nothing. A negative cost gives
   * back what an earlier call took, and is never refused: for attempts that turn out not to count.
   */
  cost?: number;
  /** Calls of this limit may be given back, so a full window need not stay full: Redis is asked every time. */
  mayEmpty?: boolean;
}

/** A subject that a cached record depends on, and the generation that the record is known to be as new as. */
export interface GenerationCheck {
  subject: string;
  version: number;
}

/** Asks for one of `quota` places that can be held at the same time. */
export interface LeaseRequest {
  name: string;
  subject: string;
  quota: number;
  /** How long a place stays taken when nobody renews it. */
  ttlSeconds: number;
}

export interface Lease {
  id: string;
  key: string;
  quota: number;
  ttlMs: number;
}

/** A limit as it stands after a decision. */
export interface Usage {
  name: string;
  subject: string;
  quota: number;
  used: number;
  remaining: number;
  window: Window;
  /** Unix time in seconds, rounded up, at which the window ends. */
  resetAtSeconds: number;
  /** Seconds until then, rounded up, at least 1. */
  waitSeconds: number;
}

export interface LimitDecision {
  allowed: boolean;
  /** The limit that refused; of several the one that lasts longest. */
  refusedBy?: Usage;
  /** Every limit that was asked, in the order of the checks; a lease comes last. */
  usages: Usage[];
  /** Subjects that changed after the version given, with the newest: what is cached must be read again. */
  stale: GenerationCheck[];
  /** The place taken, when one was asked for and the decision is `allowed`. */
  lease?: Lease;
  /** Who counted: Redis for all processes, or this process alone. */
  source: 'redis' | 'process';
}

export const clockHourSeconds = 3600;

/** Seconds that a window lasts. */
export function windowSeconds(window: LimitCheck['window']): number {
  return window.kind === 'fixed' ? window.seconds : clockHourSeconds;
}

/** When a window that a call at `nowMs` falls into ends, if it does not run already. Unix milliseconds. */
export function windowEndMs(window: LimitCheck['window'], nowMs: number): number {
  if (window.kind === 'fixed') return nowMs + window.seconds * 1000;
  const hourMs = clockHourSeconds * 1000;
  return (Math.floor(nowMs / hourMs) + 1) * hourMs;
}
