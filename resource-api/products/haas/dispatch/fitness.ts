/**
 * Whether a human can be asked for this task now: 418 while they make tea, 420 on a scheduled break, 421 when they
 * lack a skill, 503 when they cannot be reached. A test can ask for each of these by `metadata.simulate`.
 */

import type { KeyEnvironment } from '../../../../shared/crypto/key-format.js';
import { DomainError, type ErrorCode } from '../../../../shared/errors.js';
import type { Human } from '../../../../shared/identity/people/humans.js';
import { personSubject } from '../../../../shared/ids.js';
import { type Absence, type AbsenceKind, findAbsence } from '../domain/absence.js';
import type { TaskText } from './task.js';

const absenceCodes: Readonly<Record<AbsenceKind, ErrorCode>> = {
  tea: 'human_making_tea',
  break: 'human_on_break',
  sleeping: 'human_unavailable',
  not_accepting_tasks: 'human_unavailable',
};

const suggestions: Readonly<Record<AbsenceKind, string>> = {
  tea: 'Tea takes five to fifteen minutes. Do not hurry it.',
  break: 'Wait until the break is over, or ask another human.',
  sleeping: 'Wait until they are awake, or ask another human.',
  not_accepting_tasks: 'Ask another human, or try again later.',
};

/** Minutes that each lasts when a test asks for it. */
const simulated: Readonly<Record<string, { kind: AbsenceKind; minutes: number }>> = {
  tea: { kind: 'tea', minutes: 10 },
  break: { kind: 'break', minutes: 30 },
  sleep: { kind: 'sleeping', minutes: 480 },
};

/** What `metadata.simulate` may ask of this file. */
export const simulatedRefusals = [...Object.keys(simulated), 'misdirect'] as const;

/** Throws `human_making_tea`, `human_on_break`, `human_unavailable` and `human_unsuited`. */
export function checkFitness(
  human: Human,
  task: Pick<TaskText, 'skills' | 'metadata'>,
  environment: KeyEnvironment,
  now: Date,
): void {
  const asked = environment === 'test' ? String(task.metadata.simulate ?? '') : '';
  const forced = simulated[asked];
  const absence = forced
    ? { kind: forced.kind, until: new Date(now.getTime() + forced.minutes * 60_000) }
    : findAbsence(human, now);
  if (absence) throw absent(human, absence, now);
  const able = human.skills.map((skill) => skill.toLowerCase());
  const missing = task.skills.filter((skill) => !able.includes(skill.toLowerCase()));
  if (missing.length > 0 || asked === 'misdirect') throw unsuited(human, missing);
}

function absent(human: Human, { kind, until }: Absence, now: Date): DomainError {
  const seconds = until && Math.max(1, Math.ceil((until.getTime() - now.getTime()) / 1000));
  // Nobody waits for tea any longer, or comes back any sooner.
  const retryAfterSeconds = kind === 'tea' ? Math.min(900, Math.max(300, seconds ?? 300)) : (seconds ?? 900);
  return new DomainError(absenceCodes[kind], {
    retryAfterSeconds,
    details: {
      retry_after: retryAfterSeconds,
      suggestion: suggestions[kind],
      details: {
        human_id: personSubject(human.id),
        reason: kind,
        estimated_availability: until?.toISOString() ?? null,
      },
    },
  });
}

function unsuited(human: Human, missing: readonly string[]): DomainError {
  return new DomainError('human_unsuited', {
    details: {
      suggestion: 'Leave human_id out to have the task matched to somebody who can do it.',
      details: { human_id: personSubject(human.id), reason: 'missing_skills', missing_skills: missing },
    },
  });
}
