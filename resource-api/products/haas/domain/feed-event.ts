/** An event of a feed, and the order of events. */

export interface FeedEvent {
  /** Milliseconds and a number, as Redis writes it: `1705329600000-0`. */
  id: string;
  body: Record<string, unknown>;
}

const shape = /^\d{1,15}-\d{1,10}$/;

/** Whether a text can be the id of an event. */
export const isEventId = (text: string): boolean => shape.test(text);

/** The order of ids: by time, then by number. */
export function isAfter(id: string, other: string): boolean {
  const [time = 0, number = 0] = id.split('-').map(Number);
  const [otherTime = 0, otherNumber = 0] = other.split('-').map(Number);
  return time > otherTime || (time === otherTime && number > otherNumber);
}
