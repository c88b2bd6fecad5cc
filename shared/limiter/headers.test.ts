import { describeDecision } from './decide.js';
import { limitFieldNames, limitFields } from './headers.js';
import type { LimitCheck, LimitDecision, Usage } from './limit.js';

const nowMs = Date.UTC(2024, 0, 15, 14, 39, 28, 400);
const minute: LimitCheck = {
  name: 'requests',
  subject: 'account:1',
  quota: 300,
  window: { kind: 'fixed', seconds: 60 },
};
const hour: LimitCheck = { name: 'hourly', subject: 'key:1', quota: 100, window: { kind: 'clockHour' } };

function decide(minuteUsed: number, allowed = true): LimitDecision {
  const counts = [
    { used: minuteUsed, endsAtMs: nowMs + 31_600 },
    { used: 15, endsAtMs: Date.UTC(2024, 0, 15, 15) },
  ];
  return describeDecision([minute, hour], counts, allowed, nowMs, 'redis');
}

test('X-RateLimit-Reset is Unix seconds, rounded up', () => {
  expect(limitFields(decide(13), 'requests')).toMatchObject({
    'X-RateLimit-Limit': '300',
    'X-RateLimit-Remaining': '287',
    'X-RateLimit-Reset': '1705329600',
  });
});

test('the fields of the IETF draft list every limit, with seconds from now', () => {
  expect(limitFields(decide(13))).toEqual({
    'RateLimit-Policy': '"requests";q=300;w=60, "hourly";q=100;w=3600',
    RateLimit: '"requests";r=287;t=32, "hourly";r=85;t=1232',
  });
});

test('Retry-After stands only in a refusal, in whole seconds rounded up and at least 1', () => {
  expect(limitFields(decide(13))).not.toHaveProperty('Retry-After');
  expect(limitFields(decide(300, false))).toMatchObject({ 'Retry-After': '32' });
  const late = describeDecision([minute], [{ used: 300, endsAtMs: nowMs + 1 }], false, nowMs, 'redis');
  expect(limitFields(late)).toMatchObject({ 'Retry-After': '1' });
});

test('places that are held have no window', () => {
  const held: Usage = {
    name: 'connections',
    subject: 'key:1',
    quota: 10,
    used: 4,
    remaining: 6,
    window: { kind: 'held' },
    resetAtSeconds: 0,
    waitSeconds: 1,
  };
  expect(limitFields({ allowed: true, usages: [held], stale: [], source: 'redis' })).toEqual({
    'RateLimit-Policy': '"connections";q=10;qu="concurrent-requests"',
    RateLimit: '"connections";r=6',
  });
});

test('every field that is sent is listed for scripts in browsers', () => {
  for (const name of Object.keys(limitFields(decide(300, false), 'requests'))) {
    expect(limitFieldNames).toContain(name);
  }
});
