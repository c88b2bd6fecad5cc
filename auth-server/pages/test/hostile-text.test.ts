/** Whatever an app or a person calls itself is inert on every page. */

import { readElements } from '../../../shared/testing/read-html.js';
import { makeVisible, toVisibleLine } from '../../../shared/ui/foreign-text.js';
import { renderSamples } from '../testing/samples.js';

const markup = `"'><script>alert(1)</script><img src=x onerror=alert(1)>`;
const unseen = 'a\u202Egpj.exe\u2066b\u200Bc\u0000d\uFEFF';
const invisible = /(?!\n)[\p{Cc}\p{Cf}]/u;

/** A field's value stays what the person typed: it is theirs to correct. */
function withoutFieldValues(html: string): string {
  return html.replace(/ value="[^"]*"/g, '').replace(/<textarea.*?<\/textarea>/gs, '');
}

test.each(Object.entries(renderSamples((text) => text + markup)))(
  '44, 101: markup in names and texts stays text on %s',
  (_name, html) => {
    expect(html).not.toMatch(/<script>|<img/);
    expect(readElements(html).filter(({ attributes }) => 'onerror' in attributes)).toEqual([]);
  },
);

test.each(Object.entries(renderSamples((text) => text + unseen)))(
  '44: characters that cannot be seen are made visible on %s',
  (_name, html) => {
    expect(withoutFieldValues(html)).not.toMatch(invisible);
  },
);

test('44: a direction override becomes a mark that can be seen', () => {
  expect(toVisibleLine('Quill\u202Egpj.exe')).toBe('Quill\uFFFDgpj.exe');
});

test('44: zero-width characters inside a Latin name become visible', () => {
  expect(toVisibleLine('Goo\u200Dgle Go\u200Bogle')).toBe('Goo\uFFFDgle Go\uFFFDogle');
});

test('emoji, Persian and Indic words keep the joiners that they are written with', () => {
  for (const text of ['👩‍💻 at work', 'می‌خواهم', 'क्‍ष', '❤️']) expect(toVisibleLine(text)).toBe(text);
});

test('towers of accents are cut down', () => {
  expect(toVisibleLine(`Z${'\u0301'.repeat(40)}`)).toBe(`Z${'\u0301'.repeat(3)}`);
});

test('44: a name of 10 kB is cut, and never inside a character', () => {
  const name = toVisibleLine('😀'.repeat(5000), 60);
  expect([...name]).toHaveLength(60);
  expect(name.endsWith('😀…')).toBe(true);
});

test('a text of several lines keeps its lines', () => {
  expect(makeVisible('one\n\ttwo\u202E')).toBe('one\n\ttwo\uFFFD');
});
