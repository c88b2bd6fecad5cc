/**
 * The reader of dates in HTTP headers (RFC 9110 section 5.6.7): the form that is sent today and the two obsolete ones,
 * all of them in GMT. `Date.parse` would take nearly every text for a date, in the zone of this machine.
 */
const day = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const longDay = '(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)';
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const month = `(?<month>${months.join('|')})`;
const time = '(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)';

const forms = [
  // Sun, 06 Nov 1994 08:49:37 GMT
  `${day}, (?<date>\\d\\d) ${month} (?<year>\\d{4}) ${time} GMT`,
  // Sunday, 06-Nov-94 08:49:37 GMT
  `${longDay}, (?<date>\\d\\d)-${month}-(?<year>\\d\\d) ${time} GMT`,
  // Sun Nov  6 08:49:37 1994
  `${day} ${month} (?<date>[ \\d]\\d) ${time} (?<year>\\d{4})`,
].map((form) => new RegExp(`^${form}$`));

/** The instant in milliseconds since 1970, undefined for what is no date. `nowMs` decides the century of two digits. */
export function parseHttpDate(text: string, nowMs: number): number | undefined {
  const parts = forms.map((form) => form.exec(text)?.groups).find((groups) => groups !== undefined);
  if (!parts) return undefined;
  const { year = '', month: name = '', date = '', hour = '', minute = '', second = '' } = parts;
  const fullYear = year.length === 2 ? centuryOf(Number(year), nowMs) : Number(year);
  const numbers = [Number(date), Number(hour), Number(minute), Number(second)] as const;
  const ms = Date.UTC(fullYear, months.indexOf(name), ...numbers);
  const read = new Date(ms);
  // Date takes 31 November and 24:00 for the day after.
  const kept = [read.getUTCDate(), read.getUTCHours(), read.getUTCMinutes(), read.getUTCSeconds()];
  return kept.every((value, index) => value === numbers[index]) ? ms : undefined;
}

/** A year that would be more than 50 years ahead is the last one with these digits (RFC 9110). */
function centuryOf(year: number, nowMs: number): number {
  const now = new Date(nowMs).getUTCFullYear();
  const full = now - (now % 100) + year;
  return full > now + 50 ? full - 100 : full;
}
