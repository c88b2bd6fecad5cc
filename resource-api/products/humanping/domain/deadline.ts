/**
 * Deadlines as they are written: an instant (RFC 3339, with its zone) or a span from now (`30m`, `2h`, `1d`).
 */
import { DomainError } from '../../../../shared/errors.js';
import { parseInstant } from '../../../../shared/instant.js';

const dayMs = 86_400_000;
const unitMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: dayMs };

/** How far ahead a deadline may lie, and when a task ends that was given none. */
export const longestDeadlineMs = 30 * dayMs;

/** The moment that is meant. Throws `validation` for what is neither, has passed, or is too far away. */
export function parseDeadline(text: string, nowMs: number): Date {
  const refuse = (why: string) =>
    new DomainError('validation', { field: 'deadline', message: `deadline ${why}` });
  const [, count, unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const atMs =
    count === undefined
      ? parseInstant(text)?.getTime()
      : nowMs + Number(count) * (unitMs[unit] ?? Number.NaN);
  if (atMs === undefined || Number.isNaN(atMs)) {
    throw refuse('must be a time such as 2030-01-31T12:00:00Z or a span such as 30m or 2h');
  }
  if (atMs <= nowMs) throw refuse('must lie in the future');
  if (atMs > nowMs + longestDeadlineMs) throw refuse('must lie within 30 days');
  return new Date(atMs);
}
