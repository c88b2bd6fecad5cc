import { type Attempt, judge, laneRest } from './verdict.js';

const nowMs = Date.UTC(2026, 0, 1);
const attempt = (response?: { status: number; retryAfter?: string }): Attempt => ({
  at: new Date(nowMs),
  url: 'https://receiver.example/',
  durationMs: 1,
  requestHeaders: {},
  ...(response
    ? {
        answer: {
          status: response.status,
          headers: response.retryAfter === undefined ? {} : { 'retry-after': response.retryAfter },
          body: '',
        },
      }
    : { problem: 'timeout' }),
});
const waitOf = (given: Attempt, failedBefore = 0, random = 0.5) => {
  const verdict = judge(given, failedBefore, nowMs, random);
  return verdict.kind === 'retry' ? verdict.afterSeconds : verdict.kind;
};

test.each([200, 201, 204, 299])('%i is success', (status) => {
  expect(waitOf(attempt({ status }))).toBe('delivered');
});

test.each([301, 302, 307, 308, 400, 401, 404, 409, 429, 500, 503])('%i is tried again', (status) => {
  expect(waitOf(attempt({ status }))).toBeGreaterThan(0);
});

test('410 means never again, and no answer means later', () => {
  expect(waitOf(attempt({ status: 410 }))).toBe('gone');
  expect(waitOf(attempt())).toBe(5);
});

test('the waits grow, are spread by a fifth, and reach over three days', () => {
  const waits = Array.from({ length: 14 }, (_, failed) => Number(waitOf(attempt(), failed)));
  expect(waits).toEqual([...waits].sort((a, b) => a - b));
  const total = waits.reduce((sum, wait) => sum + wait, 0);
  expect(total).toBeGreaterThan(71 * 3600);
  expect(total).toBeLessThanOrEqual(72 * 3600);
  expect(waitOf(attempt(), 3, 0)).toBeCloseTo(480);
  expect(waitOf(attempt(), 3, 1)).toBeCloseTo(720);
  expect(waitOf(attempt(), 99)).toBe(waits.at(-1));
});

test('Retry-After is honoured as seconds and as a date, up to a day', () => {
  expect(waitOf(attempt({ status: 503, retryAfter: '90' }))).toBe(90);
  expect(waitOf(attempt({ status: 429, retryAfter: 'Thu, 01 Jan 2026 00:02:00 GMT' }))).toBe(120);
  expect(waitOf(attempt({ status: 503, retryAfter: '99999999' }))).toBe(86_400);
  expect(waitOf(attempt({ status: 503, retryAfter: '1' }))).toBe(5);
  const noDates = ['-5', 'soon', '', '2026-01-01T00:10:00Z', 'Thu, 31 Feb 2026 00:10:00 GMT', '1.5e3'];
  for (const nonsense of [...noDates, 'Thu, 01 Jan 2015 00:00:00 GMT']) {
    expect(waitOf(attempt({ status: 503, retryAfter: nonsense }))).toBe(5);
  }
});

test('a receiver without an answer rests at once, one with errors only after a while, and never for long', () => {
  const round = (...attempts: Attempt[]) =>
    attempts.map((given) => ({ attempt: given, verdict: judge(given, 0, nowMs, 0.5) }));
  expect(laneRest(round(attempt()), 1, 0.5)).toBe(5);
  expect(laneRest(round(attempt()), 4, 0.5)).toBe(40);
  expect(laneRest(round(attempt()), 99, 0.5)).toBe(900);
  expect(laneRest(round(attempt({ status: 500 })), 4, 0.5)).toBe(0);
  expect(laneRest(round(attempt({ status: 500 })), 5, 0.5)).toBe(80);
  expect(laneRest(round(attempt({ status: 500 }), attempt()), 1, 0.5)).toBe(5);
  expect(laneRest(round(attempt({ status: 503, retryAfter: '3600' })), 1, 0.5)).toBe(3600);
});
