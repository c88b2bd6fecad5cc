/** Dates in words, with the exact time in the tooltip and for machines. The server does not know where the reader
 * lives, so near times are told as a distance and far ones as a day in UTC. */
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const exactFormat = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'UTC',
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});
const dayFormat = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'UTC',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
});
const logFormat = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'UTC',
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

export function formatDay(at: Date): string {
  return dayFormat.format(at);
}

function countOf(amount: number, unit: string): string {
  return `${amount} ${unit}${amount === 1 ? '' : 's'}`;
}

/** "3 minutes ago", "in 12 days", and beyond 30 days "12 March 2027". */
export function formatDistance(at: Date, now: Date): string {
  const distance = at.getTime() - now.getTime();
  const size = Math.abs(distance);
  if (size < minute) return distance > 0 ? 'in a moment' : 'just now';
  if (size > 30 * day) return formatDay(at);
  const words =
    size < hour
      ? countOf(Math.floor(size / minute), 'minute')
      : size < day
        ? countOf(Math.floor(size / hour), 'hour')
        : countOf(Math.floor(size / day), 'day');
  return distance > 0 ? `in ${words}` : `${words} ago`;
}

interface TimestampProps {
  at: Date;
  now: Date;
  /** `log` shows the second, for lists in which the order of things matters. */
  style?: 'distance' | 'log';
}

export function Timestamp({ at, now, style = 'distance' }: TimestampProps) {
  const words = style === 'log' ? logFormat.format(at) : formatDistance(at, now);
  return (
    <time datetime={at.toISOString()} title={`${exactFormat.format(at)} UTC`}>
      {words}
    </time>
  );
}
