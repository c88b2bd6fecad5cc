/**
 * The story of one task with one simulated human, told in advance from a seed: the same seed, the same story. A
 * step says how long it takes until it happens and what happens. Nothing here looks at a clock or a database.
 */
import { type Character, characterOf } from './characters.js';
import { createRandom, type Random } from './random.js';

export type ScriptEvent =
  | { kind: 'accept' }
  | { kind: 'decline'; reason: string }
  | { kind: 'start' }
  | { kind: 'progress'; percent: number }
  | { kind: 'pause'; reason: string }
  | { kind: 'resume' }
  | { kind: 'ask'; question: string }
  | { kind: 'submit'; note: string }
  | { kind: 'fail'; reason: string }
  /** Nothing more came, and somebody noticed. */
  | { kind: 'forget' };

export interface ScriptStep {
  /** Seconds of a simulated human's life since the step before. */
  afterSeconds: number;
  event: ScriptEvent;
}

/** What a test may ask for by `metadata.simulate`. */
export const outcomes = ['complete', 'decline', 'forget', 'fail', 'block'] as const;
export type Outcome = (typeof outcomes)[number];

export interface ScriptInput {
  humanId: string;
  seed: string;
  /** Makes the story end like this, and at once: a step takes a second. */
  outcome?: Outcome;
  /** How long the app thinks that it takes. */
  estimatedSeconds: number | null;
}

/** Seconds that a human waits for an answer before giving up. */
export const patienceSeconds = 7_200;
/** Seconds after which forgotten work counts as such. */
const forgottenSeconds = 14_400;

/** The whole story. It ends with decline, submit, fail or forget, after at most one question. */
export function writeScript(input: ScriptInput): ScriptStep[] {
  const random = createRandom(`${input.humanId} ${input.seed}`);
  const character = characterOf(input.humanId);
  return input.outcome ? tellForced(input.outcome, character, random) : tellFreely(input, character, random);
}

function tellForced(outcome: Outcome, character: Character, random: Random): ScriptStep[] {
  const step = (event: ScriptEvent): ScriptStep => ({ afterSeconds: 1, event });
  if (outcome === 'decline') return [step({ kind: 'decline', reason: random.pick(character.excuses) })];
  const begun = [step({ kind: 'accept' }), step({ kind: 'start' }), step({ kind: 'progress', percent: 50 })];
  const done = step({ kind: 'submit', note: noteOf(random) });
  switch (outcome) {
    case 'complete':
      return [...begun, done];
    case 'block':
      return [...begun, step({ kind: 'ask', question: random.pick(character.questions) }), done];
    case 'fail':
      return [...begun, step({ kind: 'fail', reason: random.pick(failures) })];
    case 'forget':
      return [...begun, { afterSeconds: 10, event: { kind: 'forget' } }];
  }
}

function tellFreely({ estimatedSeconds }: ScriptInput, character: Character, random: Random): ScriptStep[] {
  // A mood lasts for the whole story: on a bad day everything takes longer, and more goes wrong.
  const mood = random.between(0.6, 1.8);
  const response = character.answersAfterSeconds * mood * random.between(0.5, 1.5);
  if (random.happens(character.declines * mood)) {
    return [{ afterSeconds: response, event: { kind: 'decline', reason: random.pick(character.excuses) } }];
  }
  const procrastination = random.happens(character.procrastinates) ? random.between(900, 3_600) : 0;
  const work = (estimatedSeconds ?? random.between(600, 2_400)) * mood * random.between(0.8, 1.4);
  const steps: ScriptStep[] = [
    { afterSeconds: response, event: { kind: 'accept' } },
    { afterSeconds: random.between(20, 120) + procrastination * mood, event: { kind: 'start' } },
  ];
  const end = endOf(character, mood, random);
  const asksAt = random.happens(character.asks) ? random.pick([25, 50]) : undefined;
  const wandersAt = random.happens(character.wanders) ? random.pick([25, 50, 75]) : undefined;
  const stopsAt = end.kind === 'submit' ? 100 : random.pick([25, 50, 75]);
  for (const percent of [25, 50, 75]) {
    if (percent > stopsAt) break;
    steps.push({ afterSeconds: work / 4, event: { kind: 'progress', percent } });
    if (percent === wandersAt) {
      const reason = random.pick(character.distractions);
      steps.push({ afterSeconds: random.between(10, 60), event: { kind: 'pause', reason } });
      steps.push({ afterSeconds: random.between(300, 1_800) * mood, event: { kind: 'resume' } });
    }
    if (percent === asksAt) {
      const question = random.pick(character.questions);
      steps.push({ afterSeconds: random.between(10, 60), event: { kind: 'ask', question } });
    }
  }
  const untilEnd = end.kind === 'forget' ? forgottenSeconds : work / 4;
  return [...steps, { afterSeconds: untilEnd, event: end }];
}

function endOf(character: Character, mood: number, random: Random): ScriptEvent {
  if (random.happens(character.forgets * mood)) return { kind: 'forget' };
  if (random.happens(character.fails * mood)) return { kind: 'fail', reason: random.pick(failures) };
  return { kind: 'submit', note: noteOf(random) };
}

const failures = ['could_not_be_done', 'gave_up', 'nobody_there'] as const;

const noteOf = (random: Random): string =>
  random.pick([
    'Done as you asked.',
    'Done. It took a little longer than I thought.',
    'All done; please have a look.',
    'Finished, and I enjoyed it.',
  ]);
