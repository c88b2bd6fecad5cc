/**
 * The status document of a human, member by member as HaaS documents it. What a person has not told is shown by
 * neutral figures and never left out: an app can rely on every member being there.
 */
import type { Human } from '../../../shared/identity/people/humans.js';
import { personSubject } from '../../../shared/ids.js';
import type { WorkAtHand } from './dispatch/work-at-hand.js';
import type { Absence, AbsenceKind } from './domain/absence.js';
import { statusAt } from './simulator/daily-schedule.js';

const neutral = {
  online: false,
  energy: {
    current: 0.5,
    trend: 'stable',
    last_meal: null,
    last_caffeine: null,
    sleep_quality_last_night: null,
    hours_since_wake: null,
  },
  mood: { primary: 'neutral', valence: 0, arousal: 0.5, stability: 0.5, recent_triggers: [] },
  cognitive: { focus_level: 0.5, working_memory_load: 0.5, decision_fatigue: 0.5, creative_capacity: 0.5 },
  physical: {
    location: { type: 'unknown', lat: null, lng: null },
    posture: 'unknown',
    activity_level: 'unknown',
  },
  reliability_factors: { base_score: 1, current_modifier: 0, effective_score: 1 },
};

type Section = Record<string, unknown>;

const sectionOf = (document: Section, name: string): Section => {
  const section = document[name];
  return typeof section === 'object' && section !== null ? (section as Section) : {};
};

const absenceWords: Readonly<Record<AbsenceKind, string>> = {
  tea: 'making_tea',
  break: 'on_break',
  sleeping: 'sleeping',
  not_accepting_tasks: 'unavailable',
};

/** The document at this moment. */
export function statusView(
  human: Human,
  now: Date,
  absence: Absence | undefined,
  { busy, taskId }: WorkAtHand,
): Section {
  const told = statusAt(human, now);
  const location = sectionOf(sectionOf(told, 'physical'), 'location');
  return {
    human_id: personSubject(human.id),
    timestamp: now.toISOString(),
    online: told.online ?? neutral.online,
    energy: { ...neutral.energy, ...sectionOf(told, 'energy') },
    mood: { ...neutral.mood, ...sectionOf(told, 'mood') },
    cognitive: { ...neutral.cognitive, ...sectionOf(told, 'cognitive') },
    physical: {
      ...neutral.physical,
      ...sectionOf(told, 'physical'),
      location: { ...neutral.physical.location, ...location },
    },
    availability: {
      status: absence ? absenceWords[absence.kind] : busy ? 'busy' : 'available',
      current_task: taskId,
      accepting_new_tasks: absence === undefined,
    },
    reliability_factors: { ...neutral.reliability_factors, ...sectionOf(told, 'reliability_factors') },
  };
}
