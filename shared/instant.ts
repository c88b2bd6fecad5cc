/**
 * The one reader of dates and times that people and programs write. It takes RFC 3339 (`2030-01-31T12:00:00Z`) and
 * what Python prints (a space instead of `T`, `+0200` instead of `+02:00`); seconds may be left out. A time without a
 * zone is refused, because it means another instant on every machine, and so is a day that does not exist, which
 * `Date` would silently move to the next month.
 */

/** An example for messages. */
export const instantExample = '2030-01-31T12:00:00Z';

const pattern =
  /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)? ?(?:([Zz])|([+-])(\d\d):?(\d\d))$/;

/** The instant, to the millisecond; undefined for what is none. Years 1000 to 9999. */
export function parseInstant(text: string): Date | undefined {
  const match = pattern.exec(text);
  if (!match) return undefined;
  const [, day = '', minute = '', second = '00', fraction = '', , sign, hours = '00', minutes = '00'] = match;
  const local = `${day}T${minute}:${second}.${fraction.slice(0, 3).padEnd(3, '0')}Z`;
  const localMs = Date.parse(local);
  // Date takes 31 November and 24:00 for the day after.
  if (Number.isNaN(localMs) || new Date(localMs).toISOString() !== local) return undefined;
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined;
  const offsetMs = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  const instant = new Date(localMs - offsetMs);
  const year = instant.getUTCFullYear();
  return year >= 1000 && year < 10_000 ? instant : undefined;
}
