/**
 * How long a text is, and whether it can be seen: one rule for every name and text that people write. Length is
 * counted in code points, as Postgres counts it; JavaScript's `length` counts an emoji twice.
 */

/** Code points. */
export function countCharacters(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** The first characters of a text; never half of a surrogate pair. */
export const firstCharacters = (text: string, maximum: number): string =>
  text.length <= maximum ? text : [...text].slice(0, maximum).join('');

/**
 * A character that leaves a mark on the screen: none of spaces, controls, combining marks, default-ignorable code
 * points (zero-width joiners, Hangul fillers) and the empty Braille pattern.
 */
const visible = /[^\p{C}\p{Z}\p{M}\p{Default_Ignorable_Code_Point}\u2800]/u;

export const isVisible = (text: string): boolean => visible.test(text);
