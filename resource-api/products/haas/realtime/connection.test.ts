/** A connection shows that it lives, and ends when the other side does not. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTestServices, whenFileEnds } from '../../../../shared/testing/services.js';
import { openSocket } from '../../../testing/sockets.js';
import { closeCodes, openConnection } from './connection.js';

const { services } = await createTestServices();
const server = createServer();
const messages: unknown[] = [];
server.on('upgrade', (req, socket, head) =>
  openConnection({ req, socket, head }, (connection) => ({
    heartbeatMs: 50,
    now: services.clock.now,
    onMessage: (message) => {
      messages.push(message);
      connection.send({ heard: message ?? null });
    },
    onBeat: () => undefined,
    onClose: () => undefined,
  })),
);
server.listen(0, '127.0.0.1');
await once(server, 'listening');
whenFileEnds(async () => server.close());
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

test('heartbeats come as messages and as pings', async () => {
  const client = await openSocket(url);
  const [ping] = await Promise.all([once(client.webSocket, 'ping'), client.next()]);
  expect(ping).toBeDefined();
  expect(await client.next()).toEqual({ type: 'heartbeat', timestamp: expect.stringMatching(/Z$/) });
  client.webSocket.terminate();
});

test('who answers no ping is gone after the next', async () => {
  const client = await openSocket(url, { autoPong: false });
  expect((await client.closed).code).toBe(1006);
});

test('what is no text, too long, or too much ends the connection', async () => {
  const binary = await openSocket(url);
  binary.webSocket.send(Buffer.from('{}'));
  expect((await binary.closed).code).toBe(closeCodes.unsupported);
  const long = await openSocket(url);
  long.webSocket.send(`"${'x'.repeat(70_000)}"`);
  expect((await long.closed).code).toBe(1009);
  const many = await openSocket(url);
  for (let count = 0; count < 200; count += 1) many.send(count);
  expect((await many.closed).code).toBe(closeCodes.tooMuch);
});

test('what is no JSON is heard as nothing', async () => {
  const client = await openSocket(url);
  client.webSocket.send('{');
  for (;;) {
    const message = await client.next();
    if (message.type === 'heartbeat') continue;
    expect(message).toEqual({ heard: null });
    return;
  }
});
