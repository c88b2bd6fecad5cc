/**
 * Stretches of the day as a person's own clock shows them. Each is found as two instants, because a day has 23 or 25
 * hours when the clocks change: adding minutes to the time of day would end it an hour early or late.
 */
import { Temporal } from 'temporal-polyfill';

/** A stretch of the day as `HH:MM`; over midnight where `from` is later. */
export interface Stretch {
  from: string;
  to: string;
}

export interface Span {
  start: Date;
  end: Date;
}

/**
 * The occurrence of a stretch that runs at this moment; undefined when none does. `timeZone` is an IANA name; UTC where
 * it is unknown. A time that the change of clocks skips is taken as much later, one that comes twice as the first.
 */
export function findSpan(at: Date, timeZone: string, { from, to }: Stretch): Span | undefined {
  const [opens, closes] = [Temporal.PlainTime.from(from), Temporal.PlainTime.from(to)];
  const order = Temporal.PlainTime.compare(opens, closes);
  if (order === 0) return undefined;
  const today = localDate(at, timeZone);
  for (const day of [today.date, today.date.subtract({ days: 1 })]) {
    const lastDay = order > 0 ? day.add({ days: 1 }) : day;
    const start = instantOf(day, opens, today.zone);
    const end = instantOf(lastDay, closes, today.zone);
    if (start <= at && at < end) return { start, end };
  }
  return undefined;
}

/** When a stretch that runs at this moment ends; undefined when it does not run. */
export const findEnd = (at: Date, timeZone: string, stretch: Stretch): Date | undefined =>
  findSpan(at, timeZone, stretch)?.end;

function localDate(at: Date, timeZone: string): { date: Temporal.PlainDate; zone: string } {
  const instant = Temporal.Instant.fromEpochMilliseconds(at.getTime());
  try {
    return { date: instant.toZonedDateTimeISO(timeZone).toPlainDate(), zone: timeZone };
  } catch {
    return { date: instant.toZonedDateTimeISO('UTC').toPlainDate(), zone: 'UTC' };
  }
}

const instantOf = (date: Temporal.PlainDate, time: Temporal.PlainTime, timeZone: string): Date =>
  new Date(date.toZonedDateTime({ timeZone, plainTime: time }).epochMilliseconds);
