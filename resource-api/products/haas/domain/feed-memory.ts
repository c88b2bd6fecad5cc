/** The feeds of a process that has no Redis: the same ids and the same hour, for a bounded number of events. */
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../../../shared/clock.js';
import { type FeedEvent, isAfter } from './feed-event.js';

const maximumFeeds = 1_000;
const eventsPerFeed = 1_000;

export interface FeedMemory {
  append(name: string, body: Record<string, unknown>): FeedEvent;
  read(name: string, afterId: string, limit: number): FeedEvent[];
  has(name: string, id: string): boolean;
  newestId(name: string): string;
}

export function createFeedMemory(clock: Clock, keptMs: number): FeedMemory {
  const feeds = new LRUCache<string, FeedEvent[]>({ max: maximumFeeds });

  function kept(name: string): FeedEvent[] {
    const events = feeds.get(name) ?? [];
    const since = `${clock.ms() - keptMs}-0`;
    const first = events.findIndex(({ id }) => isAfter(id, since));
    events.splice(0, first < 0 ? events.length : first);
    return events;
  }

  const newestOf = (events: FeedEvent[]): string => events.at(-1)?.id ?? '0-0';

  return {
    append(name, body) {
      const events = kept(name);
      const [time = 0, number = 0] = newestOf(events).split('-').map(Number);
      const now = clock.ms();
      const event = { id: now > time ? `${now}-0` : `${time}-${number + 1}`, body };
      events.push(event);
      if (events.length > eventsPerFeed) events.shift();
      feeds.set(name, events);
      return event;
    },
    read: (name, afterId, limit) =>
      kept(name)
        .filter(({ id }) => isAfter(id, afterId))
        .slice(0, limit),
    has: (name, id) => kept(name).some((event) => event.id === id),
    newestId: (name) => newestOf(kept(name)),
  };
}
