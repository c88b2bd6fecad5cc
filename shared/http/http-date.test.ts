import { parseHttpDate } from './http-date.js';

const now = Date.parse('2026-11-28T12:00:00Z');

test.each([
  ['Sun, 06 Nov 1994 08:49:37 GMT', '1994-11-06T08:49:37.000Z'],
  ['Sunday, 06-Nov-94 08:49:37 GMT', '1994-11-06T08:49:37.000Z'],
  ['Sunday, 06-Nov-76 08:49:37 GMT', '2076-11-06T08:49:37.000Z'],
  ['Sunday, 06-Nov-77 08:49:37 GMT', '1977-11-06T08:49:37.000Z'],
  ['Sun Nov  6 08:49:37 1994', '1994-11-06T08:49:37.000Z'],
  ['Sat Nov 28 12:01:00 2026', '2026-11-28T12:01:00.000Z'],
  ['Tue, 29 Feb 2028 23:59:59 GMT', '2028-02-29T23:59:59.000Z'],
])('%s is read', (text, instant) => {
  expect(parseHttpDate(text, now)).toBe(Date.parse(instant));
});

test.each([
  'Sun, 31 Nov 2026 08:49:37 GMT',
  'Sun, 29 Feb 2026 08:49:37 GMT',
  'Sun, 06 Nov 1994 24:00:00 GMT',
  'Sun, 06 Nov 1994 08:49:60 GMT',
  'Sun, 06 Nov 1994 08:49:37',
  'Sun, 06 Nov 1994 08:49:37 +0200',
  'Sun, 6 Nov 1994 08:49:37 GMT',
  '2026-11-28T12:00:00Z',
  '1994',
  'in 5 minutes',
  '-1',
  '1.5',
  '',
])('%j is refused', (text) => {
  expect(parseHttpDate(text, now)).toBeUndefined();
});
