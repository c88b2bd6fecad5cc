/** Times of day as a person's own clock shows them. */

/** Minutes since midnight in a time zone (IANA name); UTC where the name is unknown. */
export function localMinutes(at: Date, timeZone: string): number {
  const options = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  const text = formatter(timeZone, options).format(at);
  const [hours = 0, minutes = 0] = text.split(':').map(Number);
  return hours * 60 + minutes;
}

function formatter(timeZone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-GB', { ...options, timeZone });
  } catch {
    return new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' });
  }
}

/** A stretch of the day as `HH:MM`; over midnight where `from` is later. */
export interface Stretch {
  from: string;
  to: string;
}

/** `HH:MM` as minutes since midnight. */
export const minutesOf = (time: string): number => {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
};

/** Minutes from one time of day to the next occurrence of another; 0 to 1439. */
export const minutesUntil = (from: number, to: string): number => (minutesOf(to) - from + 1440) % 1440;

/** When a stretch that runs at this moment ends; undefined when it does not run. */
export function findEnd(at: Date, timeZone: string, { from, to }: Stretch): Date | undefined {
  const now = localMinutes(at, timeZone);
  const length = minutesUntil(minutesOf(from), to);
  const passed = (now - minutesOf(from) + 1440) % 1440;
  if (passed >= length) return undefined;
  const end = new Date(at.getTime() + (length - passed) * 60_000);
  end.setUTCSeconds(0, 0);
  return end;
}
