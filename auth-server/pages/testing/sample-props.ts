/** Turns a text that a person or an app wrote into what the test wants there. */
export type Say = (text: string) => string;

export const common = {
  csrf: 'csrf-token',
  now: new Date('2026-11-21T14:03:22Z'),
  supportEmail: 'help@latchkey.example',
};

export function desk(say: Say) {
  return {
    ...common,
    once: 'once-value-of-a-form',
    person: { name: say('Maria Lopez'), email: say('maria@example.com') },
  };
}
