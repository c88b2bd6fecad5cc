/**
 * Why a human cannot be given a task right now. A person says it of themselves (available or not, on a break until
 * three); a simulated human lives by the day that stands in their profile. Quiet hours are no absence: a task may be
 * sent, and waits.
 */
import type { Human } from '../../../../shared/identity/people/humans.js';
import { findEnd, type Stretch } from './local-day.js';

export type AbsenceKind = 'tea' | 'break' | 'sleeping' | 'not_accepting_tasks';

export interface Absence {
  kind: AbsenceKind;
  /** undefined where nobody knows. */
  until?: Date;
}

/** What the profile of a simulated human says of their day; local times. */
export interface Day {
  wakes: string;
  sleeps: string;
  /** Asleep, they hear nothing at all. */
  phoneOff?: boolean;
  pauses?: (Stretch & { kind: 'tea' | 'break' })[];
}

export const findDay = ({ profile }: Human): Day | undefined => profile.day as Day | undefined;

/** When the sleep of a simulated human that lasts at this moment ends. */
export function findWaking(human: Human, now: Date): Date | undefined {
  const day = findDay(human);
  return day && findEnd(now, human.timeZone, { from: day.sleeps, to: day.wakes });
}

/** Why not now; undefined when nothing is in the way. */
export function findAbsence(human: Human, now: Date): Absence | undefined {
  if (!human.acceptsTasks || human.profile.hidden === true) return { kind: 'not_accepting_tasks' };
  const away = human.profile.away as { kind: 'tea' | 'break'; until: string } | null | undefined;
  if (away && new Date(away.until) > now) return { kind: away.kind, until: new Date(away.until) };
  const day = findDay(human);
  for (const { kind, ...stretch } of day?.pauses ?? []) {
    const until = findEnd(now, human.timeZone, stretch);
    if (until) return { kind, until };
  }
  const until = day?.phoneOff ? findWaking(human, now) : undefined;
  return until && { kind: 'sleeping', until };
}

/** When the quiet hours end that last at this moment. */
export function findQuietEnd({ quietHours, timeZone }: Human, now: Date): Date | undefined {
  return quietHours ? findEnd(now, timeZone, quietHours as unknown as Stretch) : undefined;
}
