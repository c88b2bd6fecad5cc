/**
 * A proxy in front of Postgres with the trap of a pooler in transaction mode: LISTEN succeeds, queries work, and no
 * notification ever arrives.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { whenFileEnds } from './services.js';

/** `NotificationResponse` of the protocol of Postgres: type `A`, then a length that counts itself. */
const notification = 'A'.charCodeAt(0);

/** Starts the proxy until the test file ends; returns the URL of the same database behind it. */
export async function startDeafPooler(databaseUrl: string): Promise<string> {
  const { hostname, port } = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
    }
    client.pipe(upstream);
    let pending = Buffer.alloc(0);
    upstream.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 5 && pending.length > pending.readInt32BE(1)) {
        const message = pending.subarray(0, pending.readInt32BE(1) + 1);
        pending = pending.subarray(message.length);
        if (message[0] !== notification) client.write(message);
      }
    });
    upstream.on('close', () => client.destroy());
    client.on('close', () => upstream.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  whenFileEnds(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const pooler = new URL(databaseUrl);
  pooler.port = String((server.address() as AddressInfo).port);
  return pooler.href;
}
