/**
 * One reader of a feed at the end of a socket. While the reader keeps up, an event is sent as it is heard. A reader
 * that is slow costs nothing: past a mark nothing more is put into its buffer, what it misses stays in the feed, and
 * is read from there when the buffer is empty again. Coming back after a break is the same thing from an older event.
 */
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { Feed } from '../domain/feed.js';
import { type FeedEvent, isAfter } from '../domain/feed-event.js';

/** Bytes that may wait in the buffer of one socket before we stop. */
const highMarkBytes = 256 * 1024;
const readAtOnce = 100;

/** Decides which events the reader gets. */
export interface Judge {
  /** False when something has to be looked up first, by `prepare`. Asked anew for each event. */
  isReady(event: FeedEvent): boolean;
  prepare(): Promise<void>;
  /** What is sent for an event; undefined for one that is not for this reader. */
  frameOf(event: FeedEvent): string | undefined;
}

export interface EventStreamOptions {
  feed: Feed;
  name: string;
  socket: Duplex;
  send(frame: string): void;
  judge: Judge;
  onFailure(error: unknown): void;
}

export interface EventStream {
  /** Sends what came after an event, and whatever comes. */
  startAfter(id: string): void;
  stop(): void;
}

/** Listens at once; sends nothing before `startAfter`. */
export async function openEventStream(options: EventStreamOptions): Promise<EventStream> {
  const { feed, name, socket, send, judge, onFailure } = options;
  /** The last event that was dealt with. */
  let cursor: string | undefined;
  let catchingUp = false;
  let missed = false;
  let stopped = false;

  function deal(event: FeedEvent): void {
    cursor = event.id;
    const frame = judge.frameOf(event);
    if (frame !== undefined) send(frame);
  }

  const isFull = () => socket.writableLength > highMarkBytes;

  function hear(event: FeedEvent): void {
    if (cursor === undefined || !isAfter(event.id, cursor)) return;
    if (catchingUp || isFull() || !judge.isReady(event)) catchUp();
    else deal(event);
  }

  function catchUp(): void {
    missed = true;
    if (catchingUp || cursor === undefined) return;
    catchingUp = true;
    readOn()
      .catch(onFailure)
      .finally(() => {
        catchingUp = false;
      });
  }

  /** Until nothing is left in the feed that was not dealt with. */
  async function readOn(): Promise<void> {
    while (missed && !stopped && cursor !== undefined) {
      missed = false;
      await untilEmpty(socket);
      await judge.prepare();
      const from = cursor;
      const events = await feed.read(name, from, readAtOnce);
      // The reader may have asked for another place while we were reading.
      if (cursor !== from || stopped) missed = true;
      else if (!dealAll(events)) missed = true;
    }
  }

  /** False when something is left over. */
  function dealAll(events: FeedEvent[]): boolean {
    for (const event of events) {
      if (isFull() || !judge.isReady(event)) return false;
      deal(event);
    }
    return events.length < readAtOnce;
  }

  const stopListening = await feed.listen(name, { onEvent: hear, onGap: catchUp });
  return {
    startAfter(id) {
      cursor = id;
      catchUp();
    },
    stop() {
      stopped = true;
      stopListening();
    },
  };
}

/** Waits until everything that was sent has left, or the socket is closed. */
async function untilEmpty(socket: Duplex): Promise<void> {
  if (socket.destroyed || socket.writableLength <= highMarkBytes) return;
  const over = new AbortController();
  const { signal } = over;
  await Promise.race([once(socket, 'drain', { signal }), once(socket, 'close', { signal })]);
  over.abort();
}
