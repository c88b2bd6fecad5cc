import { readElements, readForms } from '../../../shared/testing/read-html.js';
import { renderSamples } from '../testing/samples.js';

const pages = Object.entries(renderSamples());
const ownMailLink = /^http:\/\/localhost:3000\//;

describe.each(pages)('the page %s', (_name, html) => {
  const elements = readElements(html);
  const having = (attribute: string) => elements.filter(({ attributes }) => attribute in attributes);

  test('is a whole document in a language, with a title and one heading of the first level', () => {
    expect(html).toMatch(/^<!doctype html><html lang="en">/);
    expect(html).toMatch(/<title>[^<]+ · Latchkey<\/title>/);
    expect(elements.filter(({ tag }) => tag === 'h1')).toHaveLength(1);
  });

  test('skips no level of heading', () => {
    const levels = elements.filter(({ tag }) => /^h[1-6]$/.test(tag)).map(({ tag }) => Number(tag[1]));
    expect(levels[0]).toBe(1);
    expect(levels.every((level, index) => index === 0 || level <= (levels[index - 1] ?? 0) + 1)).toBe(true);
  });

  test('can be entered past its navigation', () => {
    expect(elements.find(({ attributes }) => attributes.class === 'skip')?.attributes.href).toBe('#main');
    expect(elements.find(({ tag }) => tag === 'main')?.attributes.id).toBe('main');
  });

  test('posts every form to the own origin with the CSRF token', () => {
    for (const form of readForms(html)) {
      const [opening, ...fields] = readElements(form);
      expect(opening?.attributes.method).toBe('post');
      expect(opening?.attributes.action).toMatch(/^\/(?!\/)/);
      const tokens = fields.filter(({ attributes }) => attributes.name === 'csrf');
      expect(tokens.map(({ attributes }) => attributes)).toEqual([
        { type: 'hidden', name: 'csrf', value: 'csrf-token' },
      ]);
    }
    expect(having('formaction')).toEqual([]);
  });

  test('labels every field', () => {
    const labelled = new Set(having('for').map(({ attributes }) => attributes.for));
    const fields = elements.filter(
      ({ tag, attributes }) =>
        ['input', 'select', 'textarea'].includes(tag) &&
        attributes.type !== 'hidden' &&
        !('hidden' in attributes),
    );
    expect(fields.filter(({ attributes }) => !labelled.has(attributes.id ?? ''))).toEqual([]);
  });

  test('has each id once, and everything that is referred to', () => {
    const ids = having('id').map(({ attributes }) => attributes.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const attribute of ['aria-describedby', 'aria-labelledby', 'for', 'data-copy', 'popovertarget']) {
      for (const { attributes } of having(attribute)) {
        for (const id of attributes[attribute]?.split(' ') ?? []) expect(ids).toContain(id);
      }
    }
  });

  test('has no inline style, script or handler', () => {
    expect(having('style')).toEqual([]);
    expect(elements.filter(({ tag }) => tag === 'style')).toEqual([]);
    expect(
      elements.flatMap(({ attributes }) => Object.keys(attributes)).filter((name) => /^on/i.test(name)),
    ).toEqual([]);
    expect(html.match(/<script\b.*?<\/script>/gs)).toEqual([
      expect.stringMatching(/^<script src="\/assets\/latchkey\.js\?v=[\w-]{8}" defer><\/script>$/),
    ]);
  });

  test('loads and links nothing from elsewhere', () => {
    const addresses = elements.flatMap(({ attributes }) => [attributes.href, attributes.src].filter(Boolean));
    const foreign = addresses.filter(
      (address) => !/^(\/(?!\/)|#|mailto:)/.test(address ?? '') && !ownMailLink.test(address ?? ''),
    );
    expect(foreign).toEqual([]);
    expect(html).not.toMatch(/srcset=|@import|url\(/);
  });

  test('gives every button a type', () => {
    const buttons = elements.filter(({ tag }) => tag === 'button');
    expect(buttons.filter(({ attributes }) => !['submit', 'button'].includes(attributes.type ?? ''))).toEqual(
      [],
    );
  });
});
