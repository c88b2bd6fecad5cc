/**
 * The limits of the authorization server, all of them, and how they are asked. Passwords are guessed here and mail
 * is sent from here: these figures are for people, and for the machines that pretend to be people.
 */
import { passwordLimits } from '../../shared/identity/attempts/password-attempts.js';
import { limitFields } from '../../shared/limiter/headers.js';
import type { LimitCheck, LimitDecision, Usage } from '../../shared/limiter/limit.js';
import { type Limiter, limiterOf } from '../../shared/limiter/limiter.js';
import type { Services } from '../../shared/services.js';

interface AuthLimit {
  /** What one window allows to one subject. */
  quota: number;
  seconds: number;
  /** Attempts that succeed are given back: only failures count in the end. */
  mayEmpty?: boolean;
}

export const authLimits = {
  ...passwordLimits,
  /** Accounts made from one network address. */
  signUp: { quota: 20, seconds: 3600 },
  /** Mails with a link or a code to one email, requested from one IP address. */
  mailedSecrets: { quota: 3, seconds: 3600 },
  /** Clients that did not prove who they are, from one network address. */
  clientFailures: { quota: 60, seconds: 60 },
  /** Any other 401 of a protocol endpoint, to one network address. */
  unauthorized: { quota: 60, seconds: 60 },
  /** Calls of the token endpoint by one client. */
  tokens: { quota: 600, seconds: 60, mayEmpty: true },
  /** Calls of the introspection endpoint by one client. */
  introspection: { quota: 6000, seconds: 60, mayEmpty: true },
  /** Authorization requests from one IP address, pushed or not: each may store an interaction. */
  authorization: { quota: 900, seconds: 60 },
  /** Clients that register themselves from one network address. */
  registration: { quota: 60, seconds: 3600 },
  /** Client documents fetched for one network address. */
  clientDocuments: { quota: 60, seconds: 3600 },
  /** Device codes that nobody was given, typed in from one network address. */
  deviceCodeEntry: { quota: 10, seconds: 900, mayEmpty: true },
  /** Polls with one device code: a second less than devices are told, since clocks tick unevenly. */
  devicePolls: { quota: 1, seconds: 4 },
  /** Reports of leaked keys from one network address. */
  leaks: { quota: 60, seconds: 60 },
} as const satisfies Record<string, AuthLimit>;

export type AuthLimitName = keyof typeof authLimits;

export interface Attempt {
  limit: AuthLimitName;
  /** Whom it counts; see shared/limiter/subjects. */
  subject: string;
  /** 1 if not given; 0 asks and takes nothing, -1 gives back. */
  cost?: number;
}

/** What the counters of this server are grouped by, beside the products. */
const group = 'auth';

function toCheck({ limit, subject, cost }: Attempt): LimitCheck {
  const { quota, seconds, mayEmpty }: AuthLimit = authLimits[limit];
  return { name: limit, subject, quota, window: { kind: 'fixed', seconds }, cost, mayEmpty };
}

/** Charges all the limits or none. */
export function takeLimits(services: Services, attempts: Attempt[]): Promise<LimitDecision> {
  return limiterOf(services).take(group, attempts.map(toCheck));
}

/** What this process knows without asking Redis: a flood of failures is turned away for nothing. */
export function takeKnownLimits(services: Services, attempts: Attempt[]): ReturnType<Limiter['takeAlone']> {
  return limiterOf(services).takeAlone(group, attempts.map(toCheck));
}

interface Answer {
  status: number;
  set(fields: Record<string, string>): void;
}

/** Status and fields of a refusal; the body is the caller's, for it may be a page. */
export function setRefused(response: Answer, decision: LimitDecision): void {
  response.status = 429;
  response.set({ ...limitFields(decision), 'Cache-Control': 'no-store' });
}

/** The text of a page that refuses a password because of the limit. */
export function tooManyTries({ refusedBy }: LimitDecision): string {
  const wait = refusedBy ? waitInWords(refusedBy) : 'a few minutes';
  return `Too many tries. Wait ${wait}, then try again.`;
}

/** How long somebody has to wait, in words for a page. */
export function waitInWords({ waitSeconds }: Usage): string {
  if (waitSeconds < 90) return `${waitSeconds} seconds`;
  return `${Math.ceil(waitSeconds / 60)} minutes`;
}
