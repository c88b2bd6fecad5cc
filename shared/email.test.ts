import { canonicalEmail, parseEmail } from './email.js';

const spellings: Array<[name: string, one: string, other: string]> = [
  ['case', 'Ada@Example.COM', 'ada@example.com'],
  ['composed and decomposed letters', 'éva@example.com', 'e\u0301va@example.com'],
  ['decomposed capitals', 'E\u0301VA@example.com', 'éva@example.com'],
  ['full-width letters', 'ａｄａ＠example.com', 'ada@example.com'],
  ['the Kelvin sign', '\u212Aim@example.com', 'kim@example.com'],
  ['surrounding blanks', '\u00a0 ada@example.com\n', 'ada@example.com'],
  ['Punycode', 'ada@xn--bcher-kva.example', 'ada@Bücher.example'],
];

test.each(spellings)('two spellings of one email have one canonical form: %s', (_name, one, other) => {
  expect(parseEmail(one)).toBe(parseEmail(other));
});

test('a capital I with a dot is its own letter, and its canonical form stays the same when it is made again', () => {
  const email = parseEmail('\u0130rem@example.com');
  expect(email).toBe('i\u0307rem@example.com');
  expect(email).not.toBe(parseEmail('irem@example.com'));
  expect(parseEmail(email)).toBe(email);
});

test('making the canonical form again changes nothing, for every character of Unicode', () => {
  const unstable: string[] = [];
  for (let code = 0; code <= 0x10ffff; code += 1) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const once = canonicalEmail(`a${String.fromCodePoint(code)}b`);
    if (canonicalEmail(once) !== once) unstable.push(code.toString(16));
  }
  expect(unstable).toEqual([]);
});

test.each([
  'a@bug..example.com',
  'a@.example.com',
  'a@example.com.',
  'a@-example.com',
  'a@example-.com',
  'a@exa_mple.com',
  'a@192.0.2.1',
  'a@[192.0.2.1]',
  'a@exam ple.com',
  'a@example.com/path',
  'a@exa%6dple.com',
  'a@xn--a.example',
  `a@${'x'.repeat(64)}.example`,
  `a@${'ü'.repeat(62)}.example`,
  'a@b@example.com',
  '@example.com',
  'a@',
  'plain',
  'a\0@example.com',
  'a\u200b@example.com',
  '"a b"@example.com',
  `${'a'.repeat(65)}@example.com`,
  `a@${'abcdefgh.'.repeat(30)}example`,
])('%j is refused as an email', (text) => {
  expect(() => parseEmail(text)).toThrow(expect.objectContaining({ code: 'validation' }));
});

test.each([
  "o'hara+tag@example.co.uk",
  'ada@localhost',
  '用户@例子.广告',
  'a.b-c_d@sub.example.com',
  'a@1and1.example',
])('%s is an email, and its own canonical form', (text) => {
  expect(parseEmail(text)).toBe(text);
});

test('a look-up of text that Postgres would refuse finds nobody instead of failing', () => {
  expect(canonicalEmail('a\0@example.com')).toBe('a\ufffd@example.com');
});
