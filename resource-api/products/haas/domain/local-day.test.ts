import { findEnd, findSpan } from './local-day.js';

const end = (at: string, zone: string, from: string, to: string) =>
  findEnd(new Date(at), zone, { from, to })?.toISOString();

test('quiet hours over the night when clocks go back end at the time that the clock shows', () => {
  expect(end('2026-10-24T21:00:00Z', 'Europe/Madrid', '22:00', '07:30')).toBe('2026-10-25T06:30:00.000Z');
  expect(end('2026-10-25T02:30:00Z', 'Europe/Madrid', '22:00', '07:30')).toBe('2026-10-25T06:30:00.000Z');
});

test('quiet hours over the night when clocks go forward end at the time that the clock shows', () => {
  expect(end('2026-03-28T22:00:00Z', 'Europe/Madrid', '22:00', '07:30')).toBe('2026-03-29T05:30:00.000Z');
});

test('a stretch ends once, also where the change of clocks repeats or skips its end', () => {
  expect(end('2026-10-25T00:15:00Z', 'Europe/Madrid', '22:00', '02:30')).toBe('2026-10-25T00:30:00.000Z');
  expect(end('2026-10-25T01:15:00Z', 'Europe/Madrid', '22:00', '02:30')).toBeUndefined();
  expect(end('2026-03-29T00:15:00Z', 'Europe/Madrid', '22:00', '02:30')).toBe('2026-03-29T01:30:00.000Z');
});

test('on any other day a stretch runs from its first minute to just before its last', () => {
  const day = (at: string) => end(at, 'Asia/Kolkata', '09:00', '09:30');
  expect(day('2026-06-01T03:29:59Z')).toBeUndefined();
  expect(day('2026-06-01T03:30:00Z')).toBe('2026-06-01T04:00:00.000Z');
  expect(day('2026-06-01T03:59:59Z')).toBe('2026-06-01T04:00:00.000Z');
  expect(day('2026-06-01T04:00:00Z')).toBeUndefined();
  expect(end('2026-06-01T03:30:00Z', 'UTC', '03:30', '03:30')).toBeUndefined();
  expect(end('2026-06-01T03:30:00Z', 'No/Where', '03:00', '04:00')).toBe('2026-06-01T04:00:00.000Z');
});

test('a night with a change of clocks is as long as it really is', () => {
  const hours = (at: string) => {
    const span = findSpan(new Date(at), 'Europe/Madrid', { from: '22:00', to: '07:00' });
    return span && (span.end.getTime() - span.start.getTime()) / 3_600_000;
  };
  expect([hours('2026-10-25T00:00:00Z'), hours('2026-03-29T00:00:00Z')]).toEqual([10, 8]);
  expect(hours('2026-06-01T00:00:00Z')).toBe(9);
});
