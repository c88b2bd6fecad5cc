/** Texts that some layer below a check of input could fail on, for the tests that send them everywhere. */

/** Ids, cursors and names that are none. */
export const hostileTexts: readonly string[] = [
  'x',
  '0'.repeat(24),
  'usr_',
  'x'.repeat(2_000),
  "';--",
  '-1',
  '99999999999999999999',
  '💥',
  '..',
  'constructor',
  Buffer.from('\0').toString('base64url'),
  Buffer.from('99999999999999999999').toString('base64url'),
  Buffer.from('t999999999999999').toString('base64url'),
  Buffer.from('-1e308').toString('base64url'),
];

/** What else a field of a form or a parameter of OAuth can hold. */
export const hostileFields: readonly string[] = [
  ...hostileTexts,
  '',
  '\0',
  'a\r\nb',
  '2026-02-30',
  '9999-12-31',
  'https://[::1',
  '{"a":',
  '[]',
  '\u200b',
];

/** Forms and queries that are not encoded as they should be, about a field. */
export const hostileEncodings = (name: string): string[] => [
  `${name}=1&${name}=2`,
  `${name}[a]=1`,
  `${name}=%ff`,
  `${name}=%`,
  name,
];
