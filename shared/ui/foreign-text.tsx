/**
 * Text that a stranger wrote: an app's name, a device's own description, the text of a mail. HTML is escaped by the renderer;
 * what is left are characters that cannot be seen and change what is: direction overrides ("gpj.exe" read as
 * "exe.jpg"), zero-width letters, control characters, towers of accents. They become a visible mark instead of
 * disappearing, so that whoever reads the name sees that something was tried.
 */
const replacement = '\uFFFD';

/** Controls, direction marks and overrides, invisible separators and fillers; not line breaks, tabs, emoji selectors. */
const unseen = /(?!\n|\t|\u200C|\u200D|\uFE0F)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** Joiners belong into emoji and into Arabic and Indic words; after a Latin letter they only disguise a name. */
const strayJoiner = /(?<=^|[\p{ASCII}\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}])[\u200C\u200D]+/gu;

const accentTower = /(\p{Mark}{3})\p{Mark}+/gu;

/** Lines and tabs stay, everything unseen becomes U+FFFD. For text of several lines. */
export function makeVisible(text: string): string {
  return text.replace(unseen, replacement).replace(strayJoiner, replacement).replace(accentTower, '$1');
}

/** One line of at most `maximum` characters, with nothing unseen in it. */
export function toVisibleLine(text: string, maximum = 80): string {
  const line = makeVisible(text).replace(/\s+/gu, ' ').trim();
  const characters = [...line];
  return characters.length > maximum ? `${characters.slice(0, maximum - 1).join('')}…` : line;
}

/** `bdi` keeps a right-to-left name from reordering the sentence around it. */
export function Foreign({ text, maximum }: { text: string; maximum?: number }) {
  return <bdi>{toVisibleLine(text, maximum) || 'unnamed'}</bdi>;
}
