/**
 * How a simulated human feels at this hour. Their row says how they are on a good day; the day bends it: energy
 * rises after waking and sinks towards the night, and moods swing from hour to hour, the less the more stable the
 * character. Computed from the clock alone, so that every process sees the same human.
 */
import { hash } from 'node:crypto';
import type { Human } from '../../../../shared/identity/people/humans.js';
import { findDay } from '../domain/absence.js';
import { findSpan } from '../domain/local-day.js';

type Section = Record<string, unknown>;

interface Feelings {
  energy: Section & { current: number };
  mood: Section & { valence: number; stability: number };
  cognitive: Section & { focus_level: number; decision_fatigue: number };
}

const hourMs = 3_600_000;

/** The status document of a human at a moment; that of a real human as it is. */
export function statusAt(human: Human, now: Date): Record<string, unknown> {
  const day = human.simulated ? findDay(human) : undefined;
  if (!day) return human.statusDocument;
  const document = human.statusDocument as unknown as Feelings & Section;
  const { energy, mood, cognitive } = document;
  const awake = findSpan(now, human.timeZone, { from: day.wakes, to: day.sleeps });
  const asleep = awake === undefined;
  const upMs = awake ? now.getTime() - awake.start.getTime() : 0;
  // 0 when they wake, 1 when they go to bed.
  const passed = awake ? upMs / (awake.end.getTime() - awake.start.getTime()) : 1;
  // Highest a third into the day, which is the hour that their row tells of.
  const vigour = asleep ? 0.1 : 0.6 + 0.4 * Math.sin(Math.PI * (0.25 + 0.75 * passed));
  const swing = (chance(`${human.id} ${Math.floor(now.getTime() / hourMs)}`) - 0.5) * (1 - mood.stability);
  return {
    ...document,
    online: !asleep,
    energy: {
      ...energy,
      current: clamp(energy.current * vigour),
      trend: trendOf(asleep, passed),
      hours_since_wake: Math.round((upMs / hourMs) * 10) / 10,
    },
    mood: { ...mood, valence: round(Math.max(-1, Math.min(1, mood.valence + swing))) },
    cognitive: {
      ...cognitive,
      focus_level: asleep ? 0 : clamp(cognitive.focus_level * vigour),
      decision_fatigue: clamp(cognitive.decision_fatigue * (0.5 + 1.5 * passed)),
    },
  };
}

function trendOf(asleep: boolean, passed: number): string {
  if (asleep) return 'rising';
  if (passed < 0.2) return 'rising';
  if (passed < 0.6) return 'stable';
  return passed < 0.9 ? 'declining' : 'crashing';
}

/** 0 to just under 1, always the same for the same text. */
const chance = (text: string): number =>
  Number.parseInt(hash('sha256', text, 'hex').slice(0, 8), 16) / 2 ** 32;

const round = (figure: number): number => Math.round(figure * 100) / 100;
const clamp = (figure: number): number => round(Math.max(0, Math.min(1, figure)));
