/**
 * Schemas of members that many bodies have: names, texts, instants, and values whose members their owner defines.
 */
import { z } from 'zod';
import { countCharacters, isVisible } from '../../shared/characters.js';
import { parseInstant } from '../../shared/instant.js';

/** A text of so many characters, counted in code points (zod's own `max` counts UTF-16 units). */
export const text = (minimum: number, maximum: number) => bounded(z.string(), minimum, maximum);

/** The same without blanks around it, and with something to see in it: for names, titles and reasons. */
export const visibleText = (minimum: number, maximum: number) =>
  bounded(z.string().trim(), minimum, maximum).refine(
    (value) => value === '' || isVisible(value),
    'must have a visible character',
  );

/** A display name: 1 to 100 characters, none of them a control character. */
export const displayName = visibleText(1, 100).refine(
  (value) => !/\p{Cc}/u.test(value),
  'must not contain control characters',
);

function bounded(schema: z.ZodString, minimum: number, maximum: number) {
  return schema
    .superRefine((value, context) => {
      const length = countCharacters(value);
      const shared = { origin: 'string', inclusive: true, input: value } as const;
      if (length < minimum) context.addIssue({ ...shared, code: 'too_small', minimum });
      if (length > maximum) context.addIssue({ ...shared, code: 'too_big', maximum });
    })
    .meta({ minLength: minimum, maxLength: maximum });
}

/** A date and time with its zone, as a `Date`. */
export const instant = z.string().transform((value, context): Date => {
  const read = parseInstant(value);
  if (read) return read;
  context.issues.push({ code: 'invalid_format', format: 'datetime', input: value });
  return z.NEVER;
});

const maximumBytes = 16_384;
const maximumLevels = 20;
const maximumMembers = 1_000;

/** Holds a value of any shape to what one row may weigh: 16 kB as JSON, 20 levels, 1,000 members over all levels. */
export function checkFreeForm(value: unknown, context: z.RefinementCtx): void {
  const refuse = (what: string) => context.addIssue({ code: 'custom', message: `must have at most ${what}` });
  let members = 0;
  let deepest = 0;
  const measure = (inner: unknown, level: number): void => {
    if (typeof inner !== 'object' || inner === null) return;
    deepest = Math.max(deepest, level);
    for (const member of Object.values(inner)) {
      members += 1;
      measure(member, level + 1);
    }
  };
  measure(value, 1);
  if (deepest > maximumLevels) refuse(`${maximumLevels} levels`);
  else if (members > maximumMembers) refuse(`${maximumMembers} members`);
  else if (Buffer.byteLength(JSON.stringify(value) ?? '') > maximumBytes)
    refuse(`${maximumBytes} bytes as JSON`);
}

/** An object whose members the caller defines. */
export const freeForm = z.record(z.string(), z.unknown()).superRefine(checkFreeForm);
