/**
 * How the simulated humans are, by their ids. Who they are, where, and when they sleep stands in their rows like
 * everybody's; here is what makes one of them answer at once and another look for the phone.
 */

export interface Character {
  /** Seconds until they look at an offer, on a middling day. */
  answersAfterSeconds: number;
  /** Probabilities, 0 to 1. */
  declines: number;
  procrastinates: number;
  wanders: number;
  asks: number;
  fails: number;
  forgets: number;
  excuses: readonly [string, ...string[]];
  distractions: readonly [string, ...string[]];
  questions: readonly [string, ...string[]];
}

const anyone: Character = {
  answersAfterSeconds: 180,
  declines: 0.1,
  procrastinates: 0.4,
  wanders: 0.25,
  asks: 0.2,
  fails: 0.08,
  forgets: 0.08,
  excuses: ['Not today.', 'I have my hands full.'],
  distractions: ['phone_call', 'lunch', 'somebody_at_the_door'],
  questions: ['Which of the two did you mean?', 'Until when do you need it at the latest?'],
};

const characters: Readonly<Record<string, Partial<Character>>> = {
  maria_42: {
    answersAfterSeconds: 60,
    declines: 0.05,
    procrastinates: 0.2,
    forgets: 0.03,
    fails: 0.04,
    distractions: ['good_light_for_a_photo', 'flat_tyre'],
  },
  kenji_07: {
    answersAfterSeconds: 600,
    procrastinates: 0.1,
    wanders: 0.1,
    asks: 0.5,
    forgets: 0.01,
    fails: 0.01,
    questions: ['How exactly is "roughly"?', 'To which tolerance?'],
  },
  amara_19: {
    answersAfterSeconds: 90,
    procrastinates: 0.6,
    wanders: 0.5,
    distractions: ['lecture', 'group_chat', 'exam_season'],
  },
  tom_88: {
    answersAfterSeconds: 240,
    declines: 0.25,
    excuses: ['There are stairs.', 'No loading bay there.', 'My back says no.'],
    distractions: ['traffic', 'wrong_loading_bay'],
  },
  lucia_33: {
    answersAfterSeconds: 400,
    procrastinates: 0.9,
    wanders: 0.5,
    fails: 0.06,
    distractions: ['new_playlist', 'a_better_idea'],
  },
  sven_51: {
    answersAfterSeconds: 300,
    declines: 0.15,
    fails: 0.03,
    excuses: ['I have just come off shift.'],
  },
  priya_26: {
    answersAfterSeconds: 45,
    declines: 0.04,
    procrastinates: 0.1,
    asks: 0.7,
    forgets: 0.02,
    questions: ['This sentence means two things. Which one?', 'What should happen with an empty list?'],
  },
  noah_64: {
    answersAfterSeconds: 500,
    procrastinates: 0.5,
    wanders: 0.7,
    fails: 0.12,
    forgets: 0.4,
    distractions: ['squirrel', 'phone_call', 'what_was_i_doing'],
  },
};

/** The character of a simulated human; a middling one for a human who has none yet. */
export const characterOf = (humanId: string): Character => ({ ...anyone, ...characters[humanId] });
