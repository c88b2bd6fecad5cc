/** A reader that is slow holds up nobody, costs no memory, and misses nothing. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { createTestServices, whenFileEnds } from '../../../../shared/testing/services.js';
import { openSocket } from '../../../testing/sockets.js';
import { feedOf } from '../domain/feed.js';
import { openConnection } from './connection.js';
import { type EventStream, type Judge, openEventStream } from './event-stream.js';

const { services } = await createTestServices();
const feed = feedOf(services);

const everything: Judge = {
  isReady: () => true,
  prepare: async () => undefined,
  frameOf: ({ id, body }) => JSON.stringify({ ...body, id }),
};

/** A server whose sockets read a feed; the newest of them can be looked at. */
async function serveFeed(name: string, judge: Judge = everything) {
  const here: { raw?: Duplex; stream?: Promise<EventStream> } = {};
  const server: Server = createServer();
  server.on('upgrade', (req, socket, head) => {
    here.raw = socket;
    openConnection({ req, socket, head }, ({ sendText }) => {
      here.stream = openEventStream({
        feed,
        name,
        socket,
        send: sendText,
        judge,
        onFailure: (error) => socket.destroy(error as Error),
      });
      return {
        heartbeatMs: 600_000,
        now: services.clock.now,
        onMessage: () => undefined,
        onBeat: () => undefined,
        onClose: () => undefined,
      };
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  whenFileEnds(async () => server.close());
  const client = await openSocket(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  (await here.stream)?.startAfter('0-0');
  return { client, here };
}

test('a reader that stops reading gets everything in order once it reads on, and nothing piles up for it', async () => {
  const { client, here } = await serveFeed('slow');
  const { client: quick } = await serveFeed('slow');
  client.webSocket.pause();
  const filler = 'x'.repeat(20_000);
  let longestBuffer = 0;
  for (let number = 0; number < 1_500; number += 1) {
    await feed.append('slow', { number, filler });
    longestBuffer = Math.max(longestBuffer, here.raw?.writableLength ?? 0);
    if (number % 100 === 0) expect((await quick.next()).number).toBe(number / 100);
  }
  // 30 MB were told; what waits for the slow one is the mark and one frame at most.
  expect(longestBuffer).toBeGreaterThan(0);
  expect(longestBuffer).toBeLessThan(300_000);
  client.webSocket.resume();
  for (let number = 0; number < 1_500; number += 1) expect((await client.next()).number).toBe(number);
});

test('nothing is sent before the judge is ready, and everything after', async () => {
  let ready = false;
  let open: () => void = () => undefined;
  const prepared = new Promise<void>((resolve) => {
    open = resolve;
  });
  const { client } = await serveFeed('judged', {
    ...everything,
    isReady: () => ready,
    prepare: async () => {
      await prepared;
      ready = true;
    },
  });
  for (let number = 0; number < 5; number += 1) await feed.append('judged', { number });
  expect(ready).toBe(false);
  open();
  for (let number = 0; number < 5; number += 1) expect((await client.next()).number).toBe(number);
});

test('events that come while older ones are read come once, and after them', async () => {
  for (let number = 0; number < 500; number += 1) await feed.append('busy', { number });
  const { client } = await serveFeed('busy');
  for (let number = 500; number < 600; number += 1) await feed.append('busy', { number });
  for (let number = 0; number < 600; number += 1) expect((await client.next()).number).toBe(number);
});
